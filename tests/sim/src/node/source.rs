//! A node's chain as what evidence is made from.

use dirchain_evidence::Source;
use dirchain_evidence::export::EventPlace;
use dirchain_ledger::block::{Block, Header};
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::chain::Tip;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::header_log::LogNodes;
use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId};
use dirchain_ledger::validators::ValidatorSet;
use dirchain_ledger::view::{Records as _, View as _, ViewError};

use super::Store;

impl LogNodes for Store {
    type Error = ViewError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, ViewError> {
        Ok(self.log_nodes.get(&(level, index)).copied())
    }
}

impl Source for Store {
    fn tip(&self) -> &Tip {
        &self.tip
    }

    fn block(&self, height: Height) -> Result<Option<Block>, ViewError> {
        let Some(decided) = self.decided.get(&height) else {
            return Ok(None);
        };
        Block::decode(&decided.bytes)
            .map(Some)
            .map_err(|error| ViewError {
                reason: error.to_string(),
            })
    }

    fn header(&self, height: Height) -> Result<Option<Header>, ViewError> {
        let block = self.block(height)?;
        Ok(block.map(|block| block.header))
    }

    fn certificate(&self, height: Height) -> Result<Option<Certificate>, ViewError> {
        let decided = self.decided.get(&height);
        Ok(decided.map(|decided| decided.certificate.clone()))
    }

    fn epochs(&self) -> Result<Vec<(Height, ValidatorSet)>, ViewError> {
        let mut epochs = Vec::new();
        for height in self.decided.keys() {
            let Some(header) = self.header(*height)? else {
                continue;
            };
            if header.validators_hash != header.next_validators_hash {
                epochs.push((*height, self.state.at(*height).membership()?.current));
            }
        }
        Ok(epochs)
    }

    fn trail(&self, subject: &RecordId) -> Result<Vec<EventPlace>, ViewError> {
        let mut places = Vec::new();
        for (height, decided) in &self.decided {
            for (transaction, touched) in (0u32..).zip(decided.touched.iter()) {
                let own = touched.iter().filter(|(id, _)| id == subject);
                places.extend(own.map(|(_, action)| (*height, transaction, *action)));
            }
        }
        Ok(places)
    }

    fn record_at(&self, id: &RecordId, height: Height) -> Result<Option<Record>, ViewError> {
        self.state.at(height).record(id)
    }
}
