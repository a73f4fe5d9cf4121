//! In which order answers come. It depends on the question and the text that is found, and on nothing
//! else of the index: pages of one answer then follow one another while the index goes on, and another
//! node's index gives the same order.

use tantivy::collector::sort_key::{NaturalComparator, SegmentSortKeyComputer, SortKeyComputer};
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{DocId, SegmentReader, Term};

/// A text of so many characters and pairs of them counts as one of usual length.
const USUAL_TOKENS: u64 = 20;

/// For scores that do not tell how many other texts there are, or hold the same: every characters
/// pair is as rare as every other, and texts are as long as they usually are.
pub(super) struct Statistics;

impl Bm25StatisticsProvider for Statistics {
    fn total_num_tokens(&self, _: Field) -> tantivy::Result<u64> {
        Ok(2 * USUAL_TOKENS)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(2)
    }

    fn doc_freq(&self, _: &Term) -> tantivy::Result<u64> {
        Ok(1)
    }
}

/// The score, in steps: the last digits of a sum tell in which order an index added it up.
#[derive(Copy, Clone, Debug)]
pub(super) struct Score;

const STEPS: f32 = 64.0;

impl SortKeyComputer for Score {
    type SortKey = tantivy::Score;
    type Child = Self;
    type Comparator = NaturalComparator;

    fn requires_scoring(&self) -> bool {
        true
    }

    fn segment_sort_key_computer(&self, _: &SegmentReader) -> tantivy::Result<Self> {
        Ok(*self)
    }
}

impl SegmentSortKeyComputer for Score {
    type SortKey = tantivy::Score;
    type SegmentSortKey = tantivy::Score;
    type SegmentComparator = NaturalComparator;

    fn segment_sort_key(&mut self, _: DocId, score: tantivy::Score) -> tantivy::Score {
        (score * STEPS).round()
    }

    fn convert_segment_sort_key(&self, score: tantivy::Score) -> tantivy::Score {
        score
    }
}
