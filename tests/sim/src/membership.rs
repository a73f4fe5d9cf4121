//! How who votes is to change in a run, and what its people sign to bring that about.
//!
//! Invariant: only what the ledger shows decides what is signed next, as with people who read it.

use dirchain_ledger::action::{Action, AmendNode, RegisterNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{Address, DepartmentId, Height, ProposalId};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::memory::MemoryState;
use dirchain_ledger::records::{MemberChange, Membership, NodeKeyUse, Proposal, Role};
use dirchain_ledger::view::Records as _;

use crate::city::{Author, City};
use crate::node::Node;
use crate::random::Random;

/// One change of who votes, by the nodes' places.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A node begins to vote.
    Join(usize),
    /// A node votes no more.
    Leave(usize),
    /// A node votes with its next key.
    Rotate(usize),
    /// A department's other node votes in the place of its first.
    Replace {
        /// The node that votes.
        node: usize,
        /// The one that will.
        by: usize,
    },
}

/// What one proposal asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The changes, in their order.
    pub changes: Vec<Change>,
    /// So many heights after it is agreed the next step begins, whether or not it is in force; none
    /// to wait until it is.
    pub heights: Option<u64>,
}

impl Step {
    /// A step that waits until all of it is in force.
    pub fn of(changes: Vec<Change>) -> Self {
        let heights = None;
        Self { changes, heights }
    }
}

/// Four nodes become seven, then five; keys rotate on the way, and at the end a department may vote
/// with another of its nodes.
pub fn plan(random: &mut Random) -> Vec<Step> {
    let (founders, everyone) = (4, 7);
    let mut plan = match random.below(3) {
        0 => vec![Step::of((founders..everyone).map(Change::Join).collect())],
        1 => vec![
            Step::of(vec![Change::Join(4)]),
            Step::of(vec![Change::Join(5), Change::Join(6)]),
        ],
        _ => (founders..everyone)
            .map(|node| Step::of(vec![Change::Join(node)]))
            .collect(),
    };
    let joined = plan.len();
    let mut leavers = vec![random.index(everyone)];
    while leavers.len() < 2 {
        let node = random.index(everyone);
        if !leavers.contains(&node) {
            leavers.push(node);
        }
    }
    match random.chance(500_000) {
        true => plan.push(Step::of(
            leavers.iter().copied().map(Change::Leave).collect(),
        )),
        false => plan.extend(
            leavers
                .iter()
                .map(|node| Step::of(vec![Change::Leave(*node)])),
        ),
    }
    let stayers: Vec<usize> = (0..everyone).filter(|n| !leavers.contains(n)).collect();
    let rotated = *random.pick(&stayers).expect("five stay");
    let earliest = if rotated < founders { 0 } else { joined };
    let at = random.between(earliest as u64, plan.len() as u64) as usize;
    plan.insert(at, Step::of(vec![Change::Rotate(rotated)]));
    if !leavers.contains(&0) && random.chance(300_000) {
        let by = everyone;
        plan.push(Step::of(vec![Change::Replace { node: 0, by }]));
    }
    plan
}

/// Three are agreed on that will never be there; then they are to leave again.
pub fn plan_of_the_doomed() -> Vec<Step> {
    let doomed = 4..7;
    let mut join = Step::of(doomed.clone().map(Change::Join).collect());
    join.heights = Some(20);
    vec![join, Step::of(doomed.map(Change::Leave).collect())]
}

/// Where a plan stands on the ledger.
#[derive(Debug)]
pub struct Clerk {
    plan: Vec<Step>,
    /// The step that is being brought about.
    at: usize,
    /// When it was seen to be agreed.
    agreed: Option<Height>,
}

/// Who brings the proposals in: the registrar's head.
fn proposer(city: &City) -> DepartmentId {
    city.homes[0].department.clone()
}

impl Change {
    /// The node whose coming the change needs.
    fn enters(self) -> Option<usize> {
        match self {
            Change::Join(node) | Change::Replace { by: node, .. } => Some(node),
            Change::Leave(_) | Change::Rotate(_) => None,
        }
    }

    fn measured(self, city: &City) -> MemberChange {
        let id = |node: usize| city.homes[node].id.clone();
        match self {
            Change::Join(node) => MemberChange::Add {
                node: id(node),
                consensus_key: city.homes[node].consensus.public(),
            },
            Change::Leave(node) => MemberChange::Remove { node: id(node) },
            Change::Rotate(node) => MemberChange::Rotate {
                node: id(node),
                consensus_key: city.homes[node].next.public(),
            },
            Change::Replace { node, by } => MemberChange::Replace {
                node: id(node),
                by: id(by),
                consensus_key: city.homes[by].consensus.public(),
            },
        }
    }

    fn is_in_force(self, city: &City, membership: &Membership) -> bool {
        match self {
            Change::Join(node) | Change::Replace { by: node, .. } => {
                membership.votes(&city.homes[node].id)
            }
            Change::Leave(node) => !membership.concerns(&city.homes[node].id),
            Change::Rotate(node) => {
                let address = Address::of(&city.homes[node].next.public());
                membership.current.by_address(&address).is_some()
            }
        }
    }

    fn is_agreed(self, city: &City, membership: &Membership) -> bool {
        let measured = self.measured(city);
        let mut agreed = membership.agreed.iter();
        agreed.any(|agreed| agreed.change == measured) || self.is_in_force(city, membership)
    }
}

impl Clerk {
    /// A clerk at the beginning of a plan.
    pub fn new(plan: Vec<Step>) -> Self {
        Self {
            plan,
            at: 0,
            agreed: None,
        }
    }

    /// Whether all that was to change has.
    pub fn is_done(&self) -> bool {
        self.at >= self.plan.len()
    }

    /// What is being brought about.
    pub fn step(&self) -> Option<&Step> {
        self.plan.get(self.at)
    }

    /// The nodes whose next key is to be in their homes now.
    pub fn rotating(&self) -> Vec<usize> {
        let changes = self.step().map(|step| step.changes.as_slice());
        let rotating = changes.unwrap_or_default().iter();
        let rotating = rotating.filter_map(|change| match change {
            Change::Rotate(node) => Some(*node),
            Change::Join(_) | Change::Leave(_) | Change::Replace { .. } => None,
        });
        rotating.collect()
    }

    /// Sees where the ledger stands. True when another step begins.
    pub fn look(&mut self, city: &City, state: &MemoryState, tip: Height) -> bool {
        let Some(step) = self.plan.get(self.at) else {
            return false;
        };
        let membership = state.membership().expect("the referee's state");
        let mut changes = step.changes.iter();
        if self.agreed.is_none() && changes.all(|change| change.is_agreed(city, &membership)) {
            self.agreed = Some(tip);
        }
        let mut changes = step.changes.iter();
        let is_over = match (self.agreed, step.heights) {
            (None, _) => false,
            (Some(agreed), Some(heights)) => tip.0 >= agreed.0 + heights,
            (Some(_), None) => changes.all(|change| change.is_in_force(city, &membership)),
        };
        if is_over {
            self.at += 1;
            self.agreed = None;
        }
        is_over
    }

    /// What an author has to sign now to bring the step about, if anything.
    pub fn wants(
        &self,
        author: &Author,
        city: &City,
        state: &MemoryState,
        nodes: &[Node],
    ) -> Option<Action> {
        let step = self.plan.get(self.at).filter(|_| self.agreed.is_none())?;
        if author.role == Role::Operator {
            let mut changes = step.changes.iter();
            return changes.find_map(|change| prepares(*change, author, city, state, nodes));
        }
        let changes: Vec<MemberChange> = step.changes.iter().map(|c| c.measured(city)).collect();
        let measure = Measure::ChangeMembership {
            changes: List::new(changes).expect("few changes"),
        };
        if let Some(open) = open_proposal(&measure, city, state) {
            let mut vacant = open.vacant();
            let is_asked = vacant.any(|seat| {
                seat.department == author.department && seat.signatory.admits(author.role)
            });
            return is_asked.then_some(Action::Approve {
                proposal: open.id.clone(),
                revision: open.revision,
            });
        }
        let is_prepared = |change: &Change| is_prepared(*change, city, state);
        let proposes = author.department == proposer(city) && step.changes.iter().all(is_prepared);
        proposes.then(|| Action::Propose {
            measure: Box::new(measure),
            reason: "simulated change".parse().expect("a statement"),
        })
    }
}

fn open_proposal(measure: &Measure, city: &City, state: &MemoryState) -> Option<Proposal> {
    let department = state.department(&proposer(city)).expect("a record")?;
    let open = department.open_proposals.iter();
    let mut open = open.filter_map(|number| {
        let proposer = proposer(city);
        let id = ProposalId {
            proposer,
            number: *number,
        };
        state.proposal(&id).expect("the referee's state")
    });
    open.find(|proposal| proposal.measure == *measure)
}

/// Whether a change can be proposed: who enters is ready, and a key that is rotated to announced.
fn is_prepared(change: Change, city: &City, state: &MemoryState) -> bool {
    let record = |node: usize| {
        let id = &city.homes[node].id;
        state.node(id).expect("the referee's state")
    };
    match change {
        Change::Rotate(node) => record(node)
            .is_some_and(|found| found.consensus_key() == Some(&city.homes[node].next.public())),
        Change::Leave(_) => true,
        Change::Join(node) | Change::Replace { by: node, .. } => {
            record(node).is_some_and(|found| found.ready.is_some())
        }
    }
}

/// What an operator does for a change before it is proposed.
fn prepares(
    change: Change,
    author: &Author,
    city: &City,
    state: &MemoryState,
    nodes: &[Node],
) -> Option<Action> {
    let (Change::Join(place)
    | Change::Leave(place)
    | Change::Rotate(place)
    | Change::Replace { by: place, .. }) = change;
    let home = &city.homes[place];
    if home.department != author.department || is_prepared(change, city, state) {
        return None;
    }
    let id = home.id.clone();
    if let Change::Rotate(_) = change {
        let offer = home.offer(&home.next, NodeKeyUse::Consensus, &city.chain);
        return Some(Action::AmendNode(AmendNode {
            id,
            network: None,
            consensus: Some(offer),
            addresses: None,
        }));
    }
    change.enters()?;
    if state.node(&id).expect("the referee's state").is_none() {
        let consensus = home.offer(&home.consensus, NodeKeyUse::Consensus, &city.chain);
        return Some(Action::RegisterNode(RegisterNode {
            department: home.department.clone(),
            network: home.offer(&home.network, NodeKeyUse::Network, &city.chain),
            consensus: Some(consensus),
            addresses: List::default(),
            id,
        }));
    }
    // The node's own word: only what it has itself shows that it is near the end.
    let node = nodes.get(place).filter(|node| node.is_up())?;
    let tip = node.disk.store.tip();
    Some(Action::MarkReady {
        id,
        height: tip.height,
        block: tip.block,
    })
}
