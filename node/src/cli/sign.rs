//! Signing and submitting one transaction, the same for every noun.

use std::time::{Duration, Instant};

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{Height, TransactionId};
use dirchain_ledger::language::Language;
use serde::Serialize;

use crate::client::{Author, Client, Committed, Outcome};
use crate::keys::KeyName;
use crate::progress;

use super::context::Context;
use super::failure::Refused;
use super::query;

/// How long a step that others follow may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long what a key submitted earlier may take to be decided, and the pause between two looks.
const SETTLING: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(200);

/// How a command signs.
#[derive(Debug, clap::Args)]
pub(crate) struct Signing {
    /// The key to sign with, by its name in your keystore
    #[arg(long = "as", value_name = "KEYNAME")]
    pub(crate) key: KeyName,

    /// Wait until it is in a block, for at most so many seconds [default: 60]
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "60"
    )]
    pub(crate) wait: Option<u64>,

    /// Sign nothing: show whether the rules would take it, what it would touch and who would lose
    /// what
    #[arg(long, conflicts_with = "wait")]
    pub(crate) dry_run: bool,
}

/// What was submitted, and what became of it where that was waited for.
#[derive(Debug, Serialize)]
pub(crate) struct Submitted {
    /// The transaction's id.
    pub(crate) transaction: TransactionId,
    /// The block it is in; none when nobody waited.
    pub(crate) height: Option<Height>,
    /// Anything else worth saying.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

/// Somebody about to sign: the node and the author.
pub(crate) struct Desk<'a> {
    context: &'a Context,
    pub(crate) client: Client,
    pub(crate) author: Author,
    wait: Option<Duration>,
}

impl Signing {
    /// Opens the key and finds its place on the ledger.
    pub(crate) fn desk<'a>(&self, context: &'a Context) -> anyhow::Result<Desk<'a>> {
        let mut desk = match self.dry_run {
            true => Desk::rehearsing(context, &self.key)?,
            false => Desk::open(context, &self.key)?,
        };
        desk.wait = self.wait.map(Duration::from_secs);
        Ok(desk)
    }
}

impl<'a> Desk<'a> {
    /// Opens a key of the keystore and finds its place on the ledger.
    pub(crate) fn open(context: &'a Context, key: &KeyName) -> anyhow::Result<Self> {
        let client = context.client()?;
        let author = context.author(&client, key)?;
        Ok(Self::of(context, client, author))
    }

    /// Finds a key's place on the ledger, to show what signing with it would come to.
    pub(crate) fn rehearsing(context: &'a Context, key: &KeyName) -> anyhow::Result<Self> {
        let client = context.client()?;
        let author = context.unopened(&client, key)?;
        Ok(Self::of(context, client, author))
    }

    fn of(context: &'a Context, client: Client, author: Author) -> Self {
        Self {
            context,
            client,
            author,
            wait: None,
        }
    }

    /// The language that its user is told things in.
    pub(crate) fn language(&self) -> Language {
        self.context.language()
    }

    /// Waits until all is decided that its key had under way when this was called, such as that of
    /// an earlier command that was interrupted.
    pub(crate) fn settle(&mut self) -> anyhow::Result<()> {
        let (key, begun) = (self.author.public_key(), Instant::now());
        let first = self.client.key(&key)?;
        if first.waiting == 0 {
            return Ok(());
        }
        let due = first.key.next_sequence.saturating_add(first.waiting);
        let wheel = progress::wheel(format!(
            "waiting for {} transactions of this key that are under way",
            first.waiting
        ));
        loop {
            let now = self.client.key(&key)?;
            if now.waiting == 0 || now.key.next_sequence >= due {
                break;
            }
            if begun.elapsed() >= SETTLING {
                return Err(Refused {
                    code: "still-waiting".to_owned(),
                    message: still_waiting(now.waiting, self.context.language()),
                    rule: None,
                }
                .into());
            }
            std::thread::sleep(PAUSE);
        }
        wheel.finish_and_clear();
        Ok(self.author.resume(&self.client)?)
    }

    /// Signs, submits, and waits until it took effect.
    pub(crate) fn carry_out(&mut self, actions: Vec<Action>) -> anyhow::Result<Committed> {
        let transaction = self.author.submit(&self.client, actions)?;
        let outcome = self.client.wait_for(&transaction, PATIENCE)?;
        decided(transaction.id(), outcome)
    }

    /// Signs, submits, waits if asked to, and prints.
    pub(crate) fn submit(self, actions: Vec<Action>) -> anyhow::Result<()> {
        self.submit_noting(actions, |_, _, _| Ok(Vec::new()))
    }

    /// As [`Desk::submit`], with further lines once the transaction took effect.
    pub(crate) fn submit_noting(
        mut self,
        actions: Vec<Action>,
        notes: impl FnOnce(&Client, &Author, Committed) -> anyhow::Result<Vec<String>>,
    ) -> anyhow::Result<()> {
        if !self.author.can_sign() {
            return self.rehearse(actions);
        }
        let transaction = self.author.submit(&self.client, actions)?;
        let id = transaction.id();
        let mut submitted = Submitted {
            transaction: id,
            height: None,
            notes: Vec::new(),
        };
        if let Some(patience) = self.wait {
            let committed = decided(id, self.client.wait_for(&transaction, patience)?)?;
            submitted.height = Some(committed.height);
            submitted.notes = notes(&self.client, &self.author, committed)?;
        }
        let language = self.context.language();
        let text = |submitted: &_| text(submitted, language);
        self.context.output.print(&submitted, text)
    }
}

impl Desk<'_> {
    /// Shows what actions would come to, and who would lose what.
    fn rehearse(&self, actions: Vec<Action>) -> anyhow::Result<()> {
        let author = self.author.public_key();
        let answer = self.client.rehearse(author, vec![actions], true)?;
        let refusal = answer.transactions.iter().find_map(|t| t.refusal.clone());
        if let Some(refusal) = refusal {
            return Err(Refused {
                message: refusal.told(self.context.language()).to_owned(),
                code: refusal.code,
                rule: refusal.rule,
            }
            .into());
        }
        let language = self.context.language();
        let text = |answer: &_| query::rehearsal(answer, language);
        self.context.output.print(&answer, text)
    }
}

fn still_waiting(count: u64, language: Language) -> String {
    match language {
        Language::Chinese => format!(
            "此密钥先前签署的 {count} 笔交易尚未进入区块。未签署任何内容：请用 `dirchain status` 查看，待其有结果后重新运行"
        ),
        Language::English => format!(
            "{count} transactions that this key signed earlier are in no block yet. Nothing was signed: see `dirchain status`, and run this again once they are decided"
        ),
    }
}

/// A transaction that took effect, or why it did not.
pub(crate) fn decided(id: TransactionId, outcome: Outcome) -> anyhow::Result<Committed> {
    match outcome {
        Outcome::Committed(committed) => Ok(committed),
        Outcome::Refused {
            code,
            message,
            rule,
        } => Err(Refused {
            code,
            message,
            rule,
        }
        .into()),
        Outcome::Waiting | Outcome::Unknown => Err(Refused {
            code: "still-waiting".to_owned(),
            message: format!(
                "transaction {id} is in no block yet. It still may be: ask with `dirchain query tx {id}`, and look at `dirchain status`"
            ),
            rule: None,
        }
        .into()),
    }
}

fn text(submitted: &Submitted, language: Language) -> String {
    let Submitted {
        transaction,
        height,
        notes,
    } = submitted;
    let mut lines = vec![match (height, language) {
        (Some(height), Language::Chinese) => format!("{transaction} 已在高度 {height} 生效"),
        (None, Language::Chinese) => {
            format!("{transaction} 已提交；`dirchain query tx {transaction}` 可查看结果")
        }
        (Some(height), Language::English) => {
            format!("{transaction} took effect at height {height}")
        }
        (None, Language::English) => format!(
            "{transaction} submitted; `dirchain query tx {transaction}` tells what became of it"
        ),
    }];
    lines.extend(notes.iter().cloned());
    lines.join("\n")
}
