//! Every bound on what a peer or a user can grow, in one place.
//!
//! Sizes count bytes of the encoding, counts count elements, times are milliseconds.

/// A signed transaction, encoded.
pub const TRANSACTION_BYTES_MAX: usize = 256 * 1024;
/// A block, encoded.
pub const BLOCK_BYTES_MAX: usize = 1024 * 1024;
/// A commit certificate, encoded.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// A record, encoded. An entry holds a draft and a version in force, each of which arrived in one
/// transaction, its versions with their decisions, the periods of its unconditional fields, and what
/// waits and lasts on it: below 2 × 256 KiB + 512 KiB + 160 KiB + 160 KiB.
pub const RECORD_BYTES_MAX: usize = 1_536 * 1024;
/// Actions in one transaction.
pub const ACTIONS_MAX: usize = 1024;
/// An undecided block with its place in the round, as it is kept until a block is decided.
pub const UNDECIDED_BYTES_MAX: usize = BLOCK_BYTES_MAX + 1_024;
/// Transactions in one block: what fits, and never more than this.
pub const BLOCK_TRANSACTIONS_MAX: usize = 4096;
/// Validators of one chain.
pub const VALIDATORS_MAX: usize = 128;
/// How far ahead of its block's time a transaction may expire: a day.
pub const NOT_AFTER_AHEAD_MS_MAX: i64 = 24 * 60 * 60 * 1000;
/// How far a proposed block's time may be ahead of a voter's clock.
pub const CLOCK_AHEAD_MS_MAX: i64 = 10_000;

/// Work of one transaction. Work is what execution costs, counted alike by everyone: looking for a
/// record or a list, each id listed, each record written, each signature verified, and each full
/// KiB of a record read or written. A thousand ordinary actions take half of this.
pub const TRANSACTION_WORK_MAX: u64 = 64 * 1024;
/// Work of all transactions of one block.
pub const BLOCK_WORK_MAX: u64 = 2 * TRANSACTION_WORK_MAX;
/// The work of looking for a record or a list.
pub const WORK_READ: u64 = 1;
/// The work of writing a record: the state tree, the store and its indexes follow.
pub const WORK_WRITE: u64 = 4;
/// The work of verifying a signature.
pub const WORK_SIGNATURE: u64 = 16;

/// Department, resource, field and other names.
pub const NAME_BYTES_MAX: usize = 600;
/// Codes and identifiers given by people.
pub const CODE_BYTES_MAX: usize = 64;
/// Reasons, conditions, legal bases, scenes.
pub const STATEMENT_BYTES_MAX: usize = 2_000;
/// The abstract of a catalogue entry.
pub const ABSTRACT_BYTES_MAX: usize = 8_000;
/// One attribute of a catalogue entry.
pub const ATTRIBUTE_BYTES_MAX: usize = 8_000;
/// Attributes of one catalogue entry.
pub const ATTRIBUTES_MAX: usize = 64;
/// Related codes of one catalogue entry.
pub const RELATED_CODES_MAX: usize = 64;
/// Fields of one catalogue entry.
pub const FIELDS_MAX: usize = 1_000;
/// Legal bases of one responsibility.
pub const LEGAL_BASES_MAX: usize = 32;
/// Network addresses of one node.
pub const ADDRESSES_MAX: usize = 8;
/// Purposes in the code list.
pub const PURPOSES_MAX: usize = 256;
/// Levels of sub-units below a department.
pub const DEPARTMENT_DEPTH_MAX: usize = 5;
/// Periods kept on one record (a department's status, an authorization's activity).
pub const PERIODS_MAX: usize = 1_000;
/// Records in a genesis.
pub const GENESIS_RECORDS_MAX: usize = 200_000;
/// Sub-units directly below one department.
pub const SUB_UNITS_MAX: u32 = 1_000;
/// Keys that one node announces to vote with, in all its life.
pub const CONSENSUS_KEYS_MAX: usize = 256;
/// Contradictions on record of one node: with so many, more say nothing new.
pub const EQUIVOCATIONS_MAX: usize = 64;
/// Digits of the number in a node's name.
pub const NODE_NUMBER_DIGITS_MAX: usize = 6;
/// Changes of the validators that wait for an epoch, and those of one proposal.
pub const MEMBER_CHANGES_MAX: usize = VALIDATORS_MAX;
/// The longest epoch, in blocks.
pub const EPOCH_BLOCKS_MAX: u32 = 100_000;
/// The oldest block, counted back from the end, by which a node may show that it is ready.
pub const READY_BLOCKS_MAX: u32 = 10_000;
/// Nodes that may connect, removed ones included.
pub const NODES_MAX: usize = 1_000;
/// Nodes of one department and all its sub-units, removed ones included.
pub const DEPARTMENT_NODES_MAX: usize = 64;
/// The longest heartbeat: an hour.
pub const HEARTBEAT_MS_MAX: i64 = 3_600_000;
/// Working days of one deadline: four years.
pub const WORKING_DAYS_MAX: u16 = 1_000;
/// Listed days of the calendar, changed ones included.
pub const CALENDAR_DAYS_MAX: usize = 4_096;
/// Days that one proposal lists, changes or takes back.
pub const CALENDAR_CHANGE_DAYS_MAX: usize = 366;
/// Changes of the parameters' settings.
pub const SETTINGS_CHANGES_MAX: usize = 1_000;
/// Terms of all offices, past ones included.
pub const OFFICE_TERMS_MAX: usize = 1_000;
/// Departments whose approval one proposal needs.
pub const SEATS_MAX: usize = 256;
/// Proposals of one department that wait at the same time; the parameters may say fewer.
pub const OPEN_PROPOSALS_MAX: usize = 64;
/// Responsibilities that one reorganisation passes on.
pub const TRANSFERS_MAX: usize = 512;
/// Departments that one reorganisation dissolves, or renames.
pub const DISSOLVED_MAX: usize = 64;
/// Departments that are followed from a dissolved one to who stands for it now.
pub const SUCCESSIONS_MAX: usize = 64;
/// Days that a proposal may wait for its approvals.
pub const PROPOSAL_DAYS_MAX: u16 = 366;
/// Periods of unconditional fields kept on one entry.
pub const UNCONDITIONAL_PERIODS_MAX: usize = 4_000;
/// Periods kept on one binding in which it served a field.
pub const SERVED_PERIODS_MAX: usize = 4_000;
/// Bindings of one entry, retired ones included.
pub const BINDINGS_MAX: usize = 64;
/// How long one batch of receipts may reach: 31 days.
pub const WINDOW_MS_MAX: i64 = 31 * 24 * 60 * 60 * 1000;
/// Steps of one objection.
pub const OBJECTION_STEPS_MAX: usize = 8;
/// Answers to one finding.
pub const FINDING_ANSWERS_MAX: usize = 32;
/// Assignments of one demand that the steward changed.
pub const DEMAND_ASSIGNMENTS_MAX: usize = 16;
/// Stages that one application goes through.
pub const APPLICATION_STAGES_MAX: usize = 64;
/// Stages after which nothing more is asked of an applicant, nor appealed: the rest decides.
pub const APPLICATION_ROUNDS_MAX: usize = 48;
/// Applications of one department that wait at the same time.
pub const OPEN_APPLICATIONS_MAX: u32 = 2_000;
/// Applications for one entry that wait at the same time.
pub const RESOURCE_APPLICATIONS_MAX: usize = 1_000;
/// Of those, the applications of one department with all its sub-units: nobody fills an entry's
/// room alone.
pub const APPLICANT_WAITING_MAX: usize = 8;
/// Decisions that one version of an entry rests on: its submission, its publication, and where that
/// was by proposal, the approvals of the provider's head and of whoever consents.
pub const VERSION_DECISIONS_MAX: usize = 4;
/// Authorizations on one entry that last at the same time. Ending all of them is less work than a
/// transaction may take.
pub const RESOURCE_GRANTS_MAX: usize = 4_096;
/// Objections of one department that wait at the same time.
pub const OPEN_OBJECTIONS_MAX: u32 = 500;
/// Demands of one department that wait at the same time.
pub const OPEN_DEMANDS_MAX: u32 = 200;
/// Pages of the state tree above the deepest cut: 1 + 16 + 256 + 4,096.
pub const SNAPSHOT_PAGES_MAX: usize = 4_369;
/// Leaves that a part of the state tree is meant to have at the most.
pub const SNAPSHOT_PART_LEAVES: u64 = 512;
/// Leaves that a part of the state tree may have. Keys are hashes, so parts come out alike; only
/// somebody who registers tens of thousands of ids made for it gets more into one, and the chain is
/// then fetched block by block.
pub const SNAPSHOT_PART_LEAVES_MAX: usize = 32 * 1024;
/// Bytes of leaves in full after which an answer takes no more of them.
pub const SNAPSHOT_BODIES_BYTES: usize = 2 * 1024 * 1024;
/// Headers in one answer.
pub const SNAPSHOT_HEADERS_MAX: usize = 4_096;
/// Changes of the validators in one answer.
pub const SNAPSHOT_EPOCHS_MAX: usize = 64;
/// Blocks in one answer.
pub const SNAPSHOT_BLOCKS_MAX: usize = 64;
/// Bytes of blocks after which an answer takes no more of them.
pub const SNAPSHOT_BLOCKS_BYTES: usize = 2 * 1024 * 1024;
/// A question about a snapshot, encoded.
pub const SNAPSHOT_QUESTION_BYTES_MAX: usize = 256;
/// An answer, encoded: the pages above the deepest cut are 4.3 MB.
pub const SNAPSHOT_ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
