//! A chain in memory whose every block is built on one copy and checked on another.

use std::collections::BTreeSet;

use super::{
    APPLICANT, DEPUTY, HEARTBEAT_MS, PROVIDER, STEWARD, administrator, certificate, code, entry,
    genesis, grant_of, head, id, request, responsibility, root_of, sharing_id, signer_of,
};
use crate::access::{Verdict, may_read};
use crate::action::Action;
use crate::block::Block;
use crate::certificate::Certificate;
use crate::chain::{self, Building, Built, ChainError, InvalidBlock, Outcome, Tip};
use crate::crypto::{PublicKey, SecretKey};
use crate::genesis::Genesis;
use crate::ids::{
    ChainId, DepartmentId, FieldNumber, Height, Moment, NodeId, ProposalId, PurposeCode,
    ResourceCode, SharingId, TimeMs,
};
use crate::leaves::PastNaming;
use crate::measure::Measure;
use crate::memory::MemoryState;
use crate::records::{Entry, RecordId, Request, Signatory};
use crate::rejection::Rejection;
use crate::transaction::{SignedTransaction, VerifiedTransaction};
use crate::view::{Records, View as _};

/// A chain in memory, twice: every block is built on one copy and checked on the other.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The chain's id.
    pub chain: ChainId,
    /// The state that blocks are built on.
    pub state: MemoryState,
    /// The chain's end.
    pub tip: Tip,
    /// Every block, from height 1.
    pub blocks: Vec<Block>,
    /// What each block left, from height 1.
    pub outcomes: Vec<Outcome>,
    /// The builder's clock; a second later with each block.
    pub now: TimeMs,
    /// Nodes that are down: they build no block.
    pub absent: Vec<NodeId>,
    checker: MemoryState,
    genesis: Genesis,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(&genesis())
    }
}

impl Ledger {
    /// A chain at its genesis.
    pub fn new(genesis: &Genesis) -> Self {
        let outcome = chain::genesis_outcome(genesis).unwrap();
        let mut state = MemoryState::default();
        state.apply(&outcome);
        Self {
            chain: genesis.chain(),
            genesis: genesis.clone(),
            checker: state.clone(),
            state,
            now: outcome.tip.time,
            tip: outcome.tip,
            blocks: Vec::new(),
            outcomes: Vec::new(),
            absent: Vec::new(),
        }
    }

    /// The next sequence number of a key; 1 if it is not registered.
    pub fn next_sequence(&self, author: &PublicKey) -> u64 {
        let key = self.state.key(author).unwrap();
        key.map_or(1, |key| key.next_sequence)
    }

    /// Signs actions with the next sequence number and an hour to expiry.
    pub fn sign(&self, author: &SecretKey, actions: Vec<Action>) -> VerifiedTransaction {
        let sequence = self.next_sequence(&author.public());
        self.sign_with(author, sequence, TimeMs(self.now.0 + 3_600_000), actions)
    }

    /// Signs actions with a given sequence number and expiry.
    pub fn sign_with(
        &self,
        author: &SecretKey,
        sequence: u64,
        not_after: TimeMs,
        actions: Vec<Action>,
    ) -> VerifiedTransaction {
        SignedTransaction::new(author, self.chain, sequence, not_after, actions)
            .unwrap()
            .verify(self.chain)
            .unwrap()
    }

    /// The time of the next block.
    pub fn next_time(&self) -> TimeMs {
        TimeMs(self.now.0 + 1_000)
    }

    /// What the next block's builder knows: the first whose turn it is and who is there.
    ///
    /// # Panics
    ///
    /// If so many are absent that no block would be decided.
    pub fn building(&self) -> Building {
        let members = self.tip.validators.members().iter();
        let present = members.filter(|member| !self.absent.contains(&member.node));
        let set = &self.tip.validators;
        assert!(present.count() >= set.quorum(), "no quorum of {set:?}");
        let turns = (0..).map(|round| (round, self.tip.proposer(round)));
        let mut turns = turns.filter(|(_, proposer)| !self.absent.contains(&proposer.node));
        let (round, proposer) = turns.next().unwrap();
        Building {
            now: self.next_time(),
            round,
            builder: proposer.address,
        }
    }

    /// Builds the next block without taking it over.
    pub fn build(&self, candidates: &[VerifiedTransaction]) -> Built {
        chain::build(&self.state, &self.tip, self.building(), candidates).unwrap()
    }

    /// Checks every block again from the genesis on.
    ///
    /// # Panics
    ///
    /// If one is refused or leads to another end.
    pub fn replay(&self) {
        let outcome = chain::genesis_outcome(&self.genesis).unwrap();
        let (mut state, mut tip) = (MemoryState::default(), outcome.tip.clone());
        state.apply(&outcome);
        for block in &self.blocks {
            let outcome = chain::check(&state, &tip, block, &BTreeSet::new()).unwrap();
            state.apply(&outcome);
            tip = outcome.tip;
        }
        assert_eq!(tip, self.tip);
    }

    /// Builds the next block, checks it on the other copy, and takes it over. A block that would
    /// be empty before the heartbeat is refused by the check and not taken over.
    ///
    /// # Panics
    ///
    /// If the check says anything else than the building.
    pub fn extend(&mut self, candidates: &[VerifiedTransaction]) -> Built {
        let built = self.build(candidates);
        self.take_over(built)
    }

    fn take_over(&mut self, built: Built) -> Built {
        let block = Block::decode(&crate::codec::encode(&built.block)).unwrap();
        assert_eq!(block, built.block);
        let checked = chain::check(&self.checker, &self.tip, &block, &BTreeSet::new());
        let after_ms = block.header.time.0 - self.tip.time.0;
        if block.transactions.is_empty() && after_ms < HEARTBEAT_MS {
            let refused = matches!(
                checked,
                Err(ChainError::Invalid(InvalidBlock::EmptyTooEarly { .. }))
            );
            assert!(
                refused,
                "an empty block before the heartbeat passed the check"
            );
            assert!(built.outcome.records.is_empty());
            assert_eq!(built.outcome.tip.state, self.tip.state, "rule R7");
            return built;
        }
        let checked = checked.expect("a block that was built is valid");
        assert_eq!(checked, built.outcome, "building and checking differ");
        self.assert_namings_are_told(&checked);
        self.state.apply(&built.outcome);
        self.checker.apply(&checked);
        self.tip = checked.tip.clone();
        self.now = self.tip.time;
        self.blocks.push(block);
        self.outcomes.push(checked);
        built
    }

    /// What records name no more is told, whatever their kind.
    fn assert_namings_are_told(&self, outcome: &Outcome) {
        let mut expected = Vec::new();
        for (id, record) in &outcome.records {
            let names: BTreeSet<RecordId> = record.references().into_iter().collect();
            let earlier = self.state.record(id).unwrap();
            let named = earlier.map(|earlier| earlier.references());
            let named: BTreeSet<RecordId> = named.into_iter().flatten().collect();
            let over = named.difference(&names).cloned();
            expected.extend(over.map(|target| PastNaming {
                target,
                source: id.clone(),
            }));
        }
        assert_eq!(outcome.given_up, expected);
    }

    /// Extends the chain by one transaction of these actions.
    pub fn submit(
        &mut self,
        author: &SecretKey,
        actions: Vec<Action>,
    ) -> Result<Height, Rejection> {
        let transaction = self.sign(author, actions);
        self.submit_signed(transaction)
    }

    /// Extends the chain by one transaction.
    pub fn submit_signed(&mut self, transaction: VerifiedTransaction) -> Result<Height, Rejection> {
        let built = self.extend(std::slice::from_ref(&transaction));
        match built.refused.into_iter().next() {
            Some((id, rejection)) => {
                assert_eq!(id, transaction.id());
                Err(rejection)
            }
            None => Ok(self.tip.height),
        }
    }

    /// Lets time pass: the next block is this much later.
    pub fn pass_ms(&mut self, milliseconds: i64) {
        self.now = TimeMs(self.now.0 + milliseconds);
    }

    /// The chain's end as a moment.
    pub fn moment(&self) -> Moment {
        Moment {
            height: self.tip.height,
            time: self.tip.time,
        }
    }

    /// Drafts an entry of a provider (its administrator, or its parent's if it has no key).
    pub fn draft(
        &mut self,
        provider: &str,
        code: &ResourceCode,
        entry: &Entry,
    ) -> Result<Height, Rejection> {
        let resource = self.state.resource(code).unwrap();
        let action = Action::DraftResource {
            code: code.clone(),
            provider: id(provider),
            revision: resource.map_or(0, |resource| resource.revision),
            entry: entry.clone(),
        };
        self.submit(&administrator(signer_of(provider)), vec![action])
    }

    /// The revision of a resource.
    pub fn revision(&self, code: &ResourceCode) -> u32 {
        let resource = self.state.resource(code).unwrap();
        resource.map_or(0, |resource| resource.revision)
    }

    /// The provider's head submits the draft.
    pub fn submit_draft(
        &mut self,
        provider: &str,
        code: &ResourceCode,
    ) -> Result<Height, Rejection> {
        let (code, revision) = (code.clone(), self.revision(code));
        let action = Action::SubmitResource { code, revision };
        self.submit(&head(signer_of(provider)), vec![action])
    }

    /// The steward, or for its own entries the deputy, publishes the submission.
    pub fn publish(&mut self, provider: &str, code: &ResourceCode) -> Result<Height, Rejection> {
        let (code, revision) = (code.clone(), self.revision(code));
        let publisher = if provider == STEWARD { DEPUTY } else { STEWARD };
        let action = Action::PublishResource { code, revision };
        self.submit(&administrator(publisher), vec![action])
    }

    /// Drafts, submits and publishes [`entry`] for a provider.
    ///
    /// # Panics
    ///
    /// If the rules refuse one of the three.
    pub fn published(&mut self, provider: &str, number: u32) -> ResourceCode {
        let code = code(number);
        let entry = entry(&responsibility(root_of(provider)));
        self.draft(provider, &code, &entry).unwrap();
        self.submit_draft(provider, &code).unwrap();
        self.publish(provider, &code).unwrap();
        code
    }

    /// A department's administrator applies.
    pub fn apply_for(
        &mut self,
        applicant: &str,
        resource: &ResourceCode,
        request: Request,
    ) -> Result<SharingId, Rejection> {
        let action = Action::Apply {
            resource: resource.clone(),
            applicant: id(applicant),
            request,
        };
        self.submit(&administrator(signer_of(applicant)), vec![action])?;
        let resource = self.state.resource(resource).unwrap().unwrap();
        Ok(sharing_id(&resource.code, resource.applications))
    }

    /// The administrator takes an application back that nobody has looked at yet.
    pub fn take_back(&mut self, application: SharingId) -> Result<Height, Rejection> {
        let stored = self.state.application(&application).unwrap().unwrap();
        let action = Action::TakeBackApplication {
            application,
            revision: stored.revision,
        };
        self.submit(
            &administrator(signer_of(stored.applicant.as_str())),
            vec![action],
        )
    }

    /// Publishes an entry of [`PROVIDER`], lets [`APPLICANT`] apply for fields, and grants all.
    ///
    /// # Panics
    ///
    /// If the rules refuse any of it.
    pub fn granted(&mut self, number: u32, fields: &[u16]) -> SharingId {
        let code = self.published(PROVIDER, number);
        let request = request(APPLICANT, fields);
        let id = self.apply_for(APPLICANT, &code, request.clone()).unwrap();
        let grant = Action::Grant(grant_of(id.clone(), &request));
        self.submit(&administrator(PROVIDER), vec![grant]).unwrap();
        id
    }

    /// Proposes a measure.
    pub fn propose(
        &mut self,
        author: &SecretKey,
        measure: Measure,
    ) -> Result<ProposalId, Rejection> {
        let action = Action::Propose {
            measure: Box::new(measure),
            reason: id("依据"),
        };
        self.submit(author, vec![action])?;
        let key = self.state.key(&author.public()).unwrap().unwrap();
        let proposer = self.state.department(&key.department).unwrap().unwrap();
        Ok(ProposalId {
            proposer: proposer.id,
            number: proposer.proposals,
        })
    }

    /// Approves a proposal at its revision.
    pub fn approve(&mut self, author: &SecretKey, id: &ProposalId) -> Result<Height, Rejection> {
        let proposal = self.state.proposal(id).unwrap();
        let action = Action::Approve {
            proposal: id.clone(),
            revision: proposal.map_or(1, |proposal| proposal.revision),
        };
        self.submit(author, vec![action])
    }

    /// Proposes a measure and has everybody approve whose seat is vacant: the head, or where only
    /// an administrator fills the seat, the administrator.
    pub fn agree(&mut self, author: &SecretKey, measure: Measure) -> Result<Height, Rejection> {
        let id = self.propose(author, measure)?;
        loop {
            let proposal = self.state.proposal(&id).unwrap().unwrap();
            let Some(seat) = proposal.vacant().next() else {
                return Ok(self.tip.height);
            };
            if self.next_time() < proposal.not_before {
                self.now = proposal.not_before;
            }
            let department = signer_of(seat.department.as_str());
            let approver = match seat.signatory {
                Signatory::Head | Signatory::Either => head(department),
                Signatory::Administrator => administrator(department),
            };
            self.approve(&approver, &id)?;
        }
    }

    /// [`may_read`] now.
    pub fn verdict(
        &self,
        department: &str,
        resource: &ResourceCode,
        field: u16,
        purpose: Option<&str>,
    ) -> Verdict {
        let purpose: Option<PurposeCode> = purpose.map(id);
        let at = self.moment();
        let department: DepartmentId = id(department);
        let field = FieldNumber(field);
        may_read(
            &self.state,
            &department,
            resource,
            field,
            purpose.as_ref(),
            at,
        )
        .unwrap()
    }

    /// A certificate for the last block by some of the validators (by department).
    pub fn certificate(&self, voters: &[&str]) -> Certificate {
        let (height, block) = (self.tip.height, self.tip.block);
        certificate(&self.chain, height, 0, block, voters)
    }
}
