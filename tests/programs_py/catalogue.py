"""Holds an exported catalogue against the shapes beside this file, and its two notations against
each other. Prints what it counted as one line of JSON; ends with 1 and the reasons otherwise.

    catalogue.py CATALOGUE.ttl CATALOGUE.jsonld [SHAPES.ttl ...]
"""

import json
import sys
from pathlib import Path

from pyshacl import validate
from rdflib import Graph, Namespace, RDF

DCAT = Namespace("http://www.w3.org/ns/dcat#")
ODRL = Namespace("http://www.w3.org/ns/odrl/2/")


def main():
    turtle, json_ld, *more = sys.argv[1:]
    graph = Graph().parse(turtle, format="turtle")
    other = Graph().parse(json_ld, format="json-ld")
    # Every node has an IRI: the graphs are sets of triples, and compare as such.
    left, right = set(graph), set(other)
    if left != right:
        for triple in sorted(left ^ right)[:20]:
            print("in one notation only:", triple, file=sys.stderr)
        return 1
    for shapes in [Path(__file__).with_suffix(".ttl"), *more]:
        shapes = Graph().parse(shapes, format="turtle")
        conforms, _, text = validate(graph, shacl_graph=shapes, advanced=False, inference="none")
        if not conforms:
            print(text[:20000], file=sys.stderr)
            return 1
    count = lambda kind: len(set(graph.subjects(RDF.type, kind)))
    print(json.dumps({
        "triples": len(left),
        "datasets": count(DCAT.Dataset),
        "offers": count(ODRL.Offer),
        "prohibitions": count(ODRL.Prohibition),
        "agreements": count(ODRL.Agreement),
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
