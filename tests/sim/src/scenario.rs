//! What a seed makes of a run: how many nodes, who lies, what goes wrong and when.

use std::collections::BTreeSet;

use crate::city::Setting;
use crate::liars::Kind;
use crate::membership::{Change, Step, plan, plan_of_the_doomed};
use crate::random::Random;

/// Families of runs.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Family {
    /// Four validators on a perfect network: nothing goes wrong.
    Calm,
    /// Four validators with faults, and at most one liar.
    Four,
    /// Seven validators with faults, and at most two liars.
    Seven,
    /// Four validators, one of whose keys is used on two nodes.
    Twins,
    /// Four validators become seven and then five, and keys rotate, with faults and at most one liar.
    Membership,
    /// Four validators with faults and at most one liar, and an observer that begins with a snapshot in the midst of
    /// them.
    Joining,
}

impl Family {
    /// All of them, with the names that the command line knows.
    pub const ALL: [(&'static str, Family); 6] = [
        ("calm", Family::Calm),
        ("four", Family::Four),
        ("seven", Family::Seven),
        ("twins", Family::Twins),
        ("membership", Family::Membership),
        ("joining", Family::Joining),
    ];
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A process dies at one of its next crash points, and is started again after a while.
    Crash {
        /// Whose.
        node: usize,
        /// So many crash points from now.
        points: u32,
        /// How long it stays down.
        down_us: u64,
    },
    /// A process dies at once, and is started again after a while.
    Down {
        /// Whose.
        node: usize,
        /// How long it stays down.
        down_us: u64,
    },
    /// A process stands still and goes on.
    Pause {
        /// Whose.
        node: usize,
        /// For how long.
        for_us: u64,
    },
    /// Links between two sides are cut, those before are mended.
    Partition {
        /// One side.
        side: BTreeSet<usize>,
        /// Whether nothing passes the other way either.
        both: bool,
    },
    /// All cut links are mended.
    Join,
    /// A link holds everything back for a while.
    Clog {
        /// From this node.
        from: usize,
        /// To this one.
        to: usize,
        /// For how long.
        for_us: u64,
    },
    /// The network's manners change.
    Network {
        /// How many of a million are lost.
        loss: u64,
        /// How many of a million arrive twice.
        duplication: u64,
        /// The most time a message takes.
        latency_us: u64,
    },
    /// A disk becomes slow.
    SlowDisk {
        /// Whose.
        node: usize,
        /// What a synced write takes from now on.
        sync_us: u64,
    },
    /// A write fails.
    FailingDisk {
        /// Whose.
        node: usize,
        /// So many writes from now.
        writes: u32,
    },
    /// A clock jumps.
    Clock {
        /// Whose.
        node: usize,
        /// How far it is off from now on.
        skew_ms: i64,
    },
    /// A copy of the database is made.
    Backup {
        /// Whose.
        node: usize,
    },
    /// A process dies, and its disk is changed before it starts again.
    Harm {
        /// Whose.
        node: usize,
        /// How.
        harm: Harm,
        /// How long it stays down.
        down_us: u64,
    },
}

impl Fault {
    /// The node that it befalls, where it is one.
    pub fn node(&self) -> Option<usize> {
        match self {
            Fault::Crash { node, .. }
            | Fault::Down { node, .. }
            | Fault::Pause { node, .. }
            | Fault::SlowDisk { node, .. }
            | Fault::FailingDisk { node, .. }
            | Fault::Clock { node, .. }
            | Fault::Backup { node }
            | Fault::Harm { node, .. } => Some(*node),
            Fault::Partition { .. } | Fault::Join | Fault::Clog { .. } | Fault::Network { .. } => {
                None
            }
        }
    }
}

/// What happens to a disk.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Harm {
    /// All is lost but the keys.
    Wiped,
    /// The database is put back to its copy.
    Restored,
    /// The guard is lost.
    GuardLost,
    /// The database is put back to its copy, and the guard is lost.
    RestoredWithoutGuard,
    /// An entry of the engine's log went bad.
    LogRotten,
}

/// An observer that joins late.
#[derive(Copy, Clone, Debug)]
pub struct Joiner {
    /// When; none for when everything is mended.
    pub at_us: Option<u64>,
    /// Whether it knows everybody, and not one honest peer and the liars alone.
    pub knows_all: bool,
}

impl Joiner {
    /// One that comes at the end and knows one honest peer and the liars alone, in some of the runs.
    fn at_the_end(random: &mut Random) -> Option<Self> {
        random.chance(150_000).then_some(Self {
            at_us: None,
            knows_all: false,
        })
    }
}

/// One run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The city.
    pub setting: Setting,
    /// How who votes is to change.
    pub plan: Vec<Step>,
    /// Those who die for ever once it is agreed that they join.
    pub doomed: BTreeSet<usize>,
    /// Who lies, and how.
    pub liars: Vec<(usize, Kind)>,
    /// The validator that has a twin.
    pub twin_of: Option<usize>,
    /// What goes wrong, and when.
    pub faults: Vec<(u64, Fault)>,
    /// When everything is mended.
    pub heal_us: u64,
    /// An observer that joins late.
    pub joiner: Option<Joiner>,
    /// Whether those who begin with nothing begin with a snapshot.
    pub by_snapshot: bool,
    /// How often each client looks after its transaction.
    pub client_period_us: u64,
}

/// How long after the faults progress may take.
pub const PROGRESS_WITHIN_US: u64 = 90_000_000;

/// How long after the faults who votes may be otherwise than was planned.
pub const PLAN_WITHIN_US: u64 = 300_000_000;
/// How long a run waits for that where somebody lies.
pub const LIED_ABOUT_US: u64 = 10_000_000;

const SECOND_US: u64 = 1_000_000;

impl Scenario {
    /// The run that a seed makes.
    pub fn of(family: Family, seed: u64) -> Self {
        let mut scenario = Self::drawn(family, seed);
        let mut random = Random::new(seed, 5);
        scenario.by_snapshot = family == Family::Joining || random.chance(500_000);
        if family == Family::Joining {
            scenario.join_in_the_midst(&mut random);
        }
        scenario
    }

    /// The observer of the family comes before the faults are over, dies again and again, and asks a liar more often
    /// than not.
    fn join_in_the_midst(&mut self, random: &mut Random) {
        self.heal_us = self.heal_us.max(4 * SECOND_US);
        let at_us = random.between(SECOND_US, self.heal_us / 2);
        self.joiner = Some(Joiner {
            at_us: Some(at_us),
            knows_all: random.chance(700_000),
        });
        if let Some((_, kind)) = self.liars.first_mut()
            && random.chance(700_000)
        {
            *kind = Kind::SyncLiar;
        }
        let observer = self.setting.validators;
        for _ in 0..random.below(5) {
            let at_us = random.between(at_us, self.heal_us - 1);
            self.faults.push((at_us, crash(observer, random)));
        }
    }

    fn drawn(family: Family, seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let random = &mut random;
        let validators = match family {
            Family::Calm | Family::Four | Family::Twins | Family::Membership | Family::Joining => 4,
            Family::Seven => 7,
        };
        if family == Family::Membership {
            return Self::growing(random);
        }
        let faulty_max = (validators - 1) / 3;
        let mut order: Vec<usize> = (0..validators).collect();
        for last in (1..validators).rev() {
            order.swap(last, random.index(last + 1));
        }
        let mut scenario = Self {
            setting: Setting::closed(validators),
            plan: Vec::new(),
            doomed: BTreeSet::new(),
            liars: Vec::new(),
            twin_of: None,
            faults: Vec::new(),
            heal_us: random.between(2, 8) * SECOND_US,
            joiner: None,
            by_snapshot: false,
            client_period_us: random.between(20, 400) * 1_000,
        };
        if family == Family::Calm {
            scenario.client_period_us = 50_000;
            return scenario;
        }
        let mut trusted = faulty_max;
        if family == Family::Twins {
            scenario.twin_of = order.pop();
            trusted -= 1;
        }
        let liars = random.index(trusted + 1);
        for _ in 0..liars {
            if let Some(node) = order.pop() {
                let kind = *random.pick(&Kind::ALL).expect("there are kinds");
                scenario.liars.push((node, kind));
                trusted -= 1;
            }
        }
        scenario.joiner = Joiner::at_the_end(random);
        let forgetful: Vec<usize> = order.iter().copied().take(trusted).collect();
        let everyone = validators + usize::from(scenario.twin_of.is_some());
        scenario.draw_faults(everyone, &forgetful, random);
        scenario
    }

    /// Four that become seven and then five; or three that never come.
    fn growing(random: &mut Random) -> Self {
        let setting = Setting {
            validators: 4,
            joiners: 3,
            epoch_blocks: *random.pick(&[2, 3, 4, 6]).expect("there are lengths"),
        };
        let mut scenario = Self {
            setting,
            plan: plan(random),
            doomed: BTreeSet::new(),
            liars: Vec::new(),
            twin_of: None,
            faults: Vec::new(),
            heal_us: random.between(3, 8) * SECOND_US,
            joiner: Joiner::at_the_end(random),
            by_snapshot: false,
            client_period_us: random.between(50, 400) * 1_000,
        };
        let everyone = setting.validators + setting.joiners + 1;
        if random.chance(200_000) {
            // The dead are all that the others can do without.
            scenario.plan = plan_of_the_doomed();
            scenario.doomed = (setting.validators..everyone - 1).collect();
            scenario.draw_faults(setting.validators, &[], random);
            return scenario;
        }
        let mut forgetful = Vec::new();
        let faulty = random.index(everyone - 1);
        let leaves = |step: &Step| step.changes.contains(&Change::Leave(faulty));
        match random.below(3) {
            0 => forgetful.push(faulty),
            1 if scenario.plan.iter().any(leaves) => {
                scenario.liars.push((faulty, Kind::Lingerer));
            }
            1 => {
                let kind = *random.pick(&Kind::ALL).expect("there are kinds");
                scenario.liars.push((faulty, kind));
            }
            _ => {}
        }
        scenario.draw_faults(everyone, &forgetful, random);
        scenario
    }

    fn draw_faults(&mut self, everyone: usize, forgetful: &[usize], random: &mut Random) {
        let end_us = self.heal_us;
        let mut add = |at_us: u64, fault: Fault| self.faults.push((at_us, fault));
        if random.chance(700_000) {
            add(0, network(random));
        }
        let crashes = random.below(10);
        for _ in 0..crashes {
            let node = random.index(everyone);
            add(random.below(end_us), crash(node, random));
        }
        if random.chance(150_000) {
            let at_us = random.below(end_us);
            for node in 0..everyone {
                add(at_us + random.below(20_000), crash(node, random));
            }
        }
        let others = random.below(8);
        for _ in 0..others {
            add(random.below(end_us), passing(everyone, random));
        }
        for node in forgetful {
            if !random.chance(400_000) {
                continue;
            }
            let at_us = random.between(end_us / 4, end_us);
            add(random.below(at_us), Fault::Backup { node: *node });
            let harms = [
                Harm::Wiped,
                Harm::Restored,
                Harm::GuardLost,
                Harm::RestoredWithoutGuard,
                Harm::LogRotten,
            ];
            let harm = *random.pick(&harms).expect("there are harms");
            let down_us = random.between(1, 2_000) * 1_000;
            add(
                at_us,
                Fault::Harm {
                    node: *node,
                    harm,
                    down_us,
                },
            );
        }
    }
}

fn network(random: &mut Random) -> Fault {
    Fault::Network {
        loss: random.below(200_000),
        duplication: random.below(100_000),
        latency_us: random.between(2_000, 300_000),
    }
}

fn crash(node: usize, random: &mut Random) -> Fault {
    Fault::Crash {
        node,
        points: random.below(30) as u32,
        down_us: random.between(1, 1_500) * 1_000,
    }
}

fn passing(everyone: usize, random: &mut Random) -> Fault {
    let node = random.index(everyone);
    match random.below(9) {
        0 => Fault::Pause {
            node,
            for_us: random.between(10, 3_000) * 1_000,
        },
        1 | 2 => {
            let mask = random.bits();
            let side = (0..everyone).filter(|n| mask >> n & 1 == 1).collect();
            let both = random.chance(500_000);
            Fault::Partition { side, both }
        }
        3 => Fault::Join,
        4 => Fault::Clog {
            from: node,
            to: random.index(everyone),
            for_us: random.between(10, 3_000) * 1_000,
        },
        5 => Fault::SlowDisk {
            node,
            sync_us: random.between(1, 50) * 1_000,
        },
        6 => Fault::FailingDisk {
            node,
            writes: random.below(20) as u32,
        },
        7 => Fault::Clock {
            node,
            skew_ms: random.between(0, 8_000) as i64 - 4_000,
        },
        _ => network(random),
    }
}
