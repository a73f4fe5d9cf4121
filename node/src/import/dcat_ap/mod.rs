//! DCAT-AP 3 in Turtle or JSON-LD: what `export` writes, and other portals' catalogues.
//! Source: <https://semiceu.github.io/DCAT-AP/releases/3.0.0/>
//!
//! An export says everything of an entry, so it is read back exactly (`entry`), under its own code
//! and for its own provider. Another portal's data set has the members of DCAT-US under the same
//! names, and becomes what a DCAT-US entry becomes (`foreign`).

mod entry;
mod foreign;
mod graph;

use super::catalogue::{Catalogue, CatalogueError, Row};
use super::dcat_us::{ENTRIES_MAX, FILE_BYTES_MAX};
use graph::Graph;

const FORMAT: &str = "DCAT-AP 3";

const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const DATASET: &str = "http://www.w3.org/ns/dcat#Dataset";
const DISTRIBUTION: &str = "http://www.w3.org/ns/dcat#distribution";
const KEYWORD: &str = "http://www.w3.org/ns/dcat#keyword";
const IDENTIFIER: &str = "http://purl.org/dc/terms/identifier";
const TITLE: &str = "http://purl.org/dc/terms/title";
const DESCRIPTION: &str = "http://purl.org/dc/terms/description";
const PUBLISHER: &str = "http://purl.org/dc/terms/publisher";
const PERIODICITY: &str = "http://purl.org/dc/terms/accrualPeriodicity";
const ACCESS_RIGHTS: &str = "http://purl.org/dc/terms/accessRights";
const FREQUENCIES: &str = "http://publications.europa.eu/resource/authority/frequency/";
const RIGHTS: &str = "http://publications.europa.eu/resource/authority/access-right/";
const AGENT_NAME: &str = "http://xmlns.com/foaf/0.1/name";

/// Reads a catalogue. The file is refused as a whole when it is no RDF or has no data set; what is
/// wrong with one of its data sets concerns that row alone.
pub fn parse(bytes: &[u8]) -> Result<Catalogue, CatalogueError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(CatalogueError::TooLarge {
            size_bytes: bytes.len(),
            size_bytes_max: FILE_BYTES_MAX,
        });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let not = |reason: String| CatalogueError::NotACatalogue {
        format: FORMAT,
        reason,
    };
    let graph = Graph::parse(bytes).map_err(not)?;
    let datasets: Vec<&str> = graph.of_class(DATASET).collect();
    if datasets.is_empty() {
        return Err(not("it has no dcat:Dataset".to_owned()));
    }
    if datasets.len() > ENTRIES_MAX {
        return Err(CatalogueError::TooManyEntries {
            count: datasets.len(),
            count_max: ENTRIES_MAX,
        });
    }
    let rows = (1usize..).zip(datasets).map(|(number, dataset)| Row {
        number,
        identifier: graph.one(dataset, IDENTIFIER).map(shortened),
        content: match entry::own(&graph, dataset) {
            Some(own) => entry::describe(&graph, dataset, own).map(Box::new),
            None => foreign::describe(&graph, dataset).map(Box::new),
        },
    });
    Ok(Catalogue {
        rows: rows.collect(),
    })
}

fn shortened(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(200).collect()
}
