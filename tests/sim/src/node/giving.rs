//! What a node answers one that begins with a snapshot, from its chain in memory: as the production
//! store does, with fewer leaves in an answer, so that a part takes several.

use dirchain_consensus::answers::History as _;
use dirchain_evidence::Source as _;
use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::Height;
use dirchain_ledger::leaves::Leaf;
use dirchain_ledger::snapshot::{
    Answer, Blocks, EpochEnd, HeaderRun, Leaves, Offer, Question, RunMaker, cut_depth,
};
use dirchain_ledger::state_tree::top;
use dirchain_ledger::view::Records as _;

use super::Store;

/// Leaves in full in one answer.
const BODIES_MAX: usize = 3;
/// Headers in one answer.
const HEADERS_MAX: usize = 16;

impl Store {
    /// The answer to a question.
    pub(crate) fn answer(&self, question: &Question) -> Answer {
        let answer = match question {
            Question::Offer => self.offer().map(Answer::Offer),
            Question::Headers { after, upto } => {
                let run = self.header_run(*after, *upto);
                run.map(|run| Answer::Headers(Box::new(run)))
            }
            Question::Leaves {
                height,
                first,
                last,
                skip,
            } => {
                let range = (*first, *last);
                self.leaves(*height, range, *skip as usize)
                    .map(Answer::Leaves)
            }
            Question::Blocks { first, last } => self.blocks(*first, *last).map(Answer::Blocks),
        };
        answer.unwrap_or(Answer::Unavailable)
    }

    fn offer(&self) -> Option<Offer> {
        if self.tip.height == Height::GENESIS || !self.is_whole() {
            return None;
        }
        let depth = cut_depth(self.state.leaves(self.tip.height).len() as u64);
        let pages = top(&self.state, &self.tip.state, depth).expect("the tree in memory is whole");
        Some(Offer {
            height: self.tip.height,
            depth,
            pages: List::new(pages).ok()?,
        })
    }

    fn leaves(&self, height: Height, (first, last): (Hash, Hash), skip: usize) -> Option<Leaves> {
        if height > self.tip.height || !self.is_whole() {
            return None;
        }
        let found: Vec<Leaf> = self
            .state
            .leaves(height)
            .into_iter()
            .filter(|leaf| (first..=last).contains(&leaf.tree_leaf().0))
            .collect();
        let leaves = found.iter().map(Leaf::tree_leaf).collect();
        let bodies = found.into_iter().skip(skip).take(BODIES_MAX).collect();
        Some(Leaves {
            leaves: List::new(leaves).ok()?,
            bodies: List::new(bodies).ok()?,
        })
    }

    fn header_run(&self, after: Height, upto: Height) -> Option<HeaderRun> {
        if !self.is_whole() {
            return None;
        }
        let (mut run, mut height) = (RunMaker::default(), after.next());
        let last = upto.min(Height(after.0 + HEADERS_MAX as u64));
        while height <= last && !run.is_full() {
            let Some(header) = self.header(height).ok()? else {
                break;
            };
            let changes = header.next_validators_hash != header.validators_hash;
            let epoch = match changes {
                true => Some(EpochEnd {
                    certificate: self.decided(height)?,
                    validators: self.state.at(height).membership().ok()?.current,
                }),
                false => None,
            };
            run.add(header, epoch);
            height = height.next();
        }
        let last = run.last()?;
        run.finish(self.decided(last)?)
    }

    fn decided(&self, height: Height) -> Option<dirchain_ledger::certificate::Certificate> {
        self.decided
            .get(&height)
            .map(|decided| decided.certificate.clone())
    }

    fn blocks(&self, first: Height, last: Height) -> Option<Blocks> {
        let mut blocks = Vec::new();
        let mut height = first;
        while height <= last
            && let (Some(bytes), Some(certificate)) =
                (self.block_bytes(height).ok()?, self.decided(height))
        {
            blocks.push((bytes, certificate));
            height = height.next();
        }
        let blocks = List::new(blocks).ok().filter(|blocks| !blocks.is_empty());
        blocks.map(|blocks| Blocks { blocks })
    }
}
