//! Counting what was found by provider, category, sharing type, status and update cycle.

use std::collections::BTreeMap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::Facet;

/// For each of [`Facet::ALL`], how many were found with each value.
pub(super) type Counts = [BTreeMap<String, u64>; 5];

/// Counts what a question finds.
pub(super) struct CountFacets;

/// The counts of one segment.
pub(super) struct SegmentCounts {
    columns: Vec<(Option<StrColumn>, Vec<u64>)>,
}

impl Collector for CountFacets {
    type Fruit = Counts;
    type Child = SegmentCounts;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentCounts> {
        let mut columns = Vec::new();
        for facet in Facet::ALL {
            let column = segment.fast_fields().str(facet.name())?;
            let count = column.as_ref().map_or(0, |column| column.num_terms());
            columns.push((column, vec![0; count]));
        }
        Ok(SegmentCounts { columns })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Counts> {
        let mut total = Counts::default();
        for segment in segments {
            for (total, counts) in total.iter_mut().zip(segment?) {
                for (value, count) in counts {
                    let sum = total.entry(value).or_default();
                    *sum = sum.saturating_add(count);
                }
            }
        }
        Ok(total)
    }
}

impl SegmentCollector for SegmentCounts {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, document: DocId, _: Score) {
        for (column, counts) in &mut self.columns {
            let Some(column) = column else { continue };
            for ordinal in column.term_ords(document) {
                let place = usize::try_from(ordinal).unwrap_or(usize::MAX);
                if let Some(count) = counts.get_mut(place) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    fn harvest(self) -> tantivy::Result<Counts> {
        let mut total = Counts::default();
        for (total, (column, counts)) in total.iter_mut().zip(self.columns) {
            let Some(column) = column else { continue };
            for (ordinal, count) in (0u64..).zip(counts).filter(|(_, count)| *count > 0) {
                let mut value = String::new();
                column.ord_to_str(ordinal, &mut value)?;
                total.insert(value, count);
            }
        }
        Ok(total)
    }
}
