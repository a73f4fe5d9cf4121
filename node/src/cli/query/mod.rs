//! `dirchain query`: what the directory says, for a height or a time.

mod action;
mod chain;
mod list;
mod records;
mod rehearsal;
mod resource;
mod sharing;
mod verdicts;

pub(super) use chain::key_state;
pub(super) use rehearsal::rehearsal;

use clap::Subcommand;
use dirchain_explorer::api::{HistoryItem, ParametersAnswer};
use dirchain_ledger::access::{Denial, Failure};
use dirchain_ledger::ids::{
    DepartmentId, FieldNumber, Height, PurposeCode, ResourceCode, ResponsibilityCode, SharingId,
    TransactionId,
};

use crate::client::{AccessQuestion, At, Client, Subject};

use super::context::Context;

/// For when the answer holds.
#[derive(Debug, clap::Args)]
pub(crate) struct When {
    /// For when: a height, a time, or a date for its start in UTC+8 [default: now]
    #[arg(long, value_name = "HEIGHT|TIME")]
    pub(super) at: Option<At>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Query {
    /// Catalogue entries, by code
    Resources(Box<list::Resources>),
    /// Departments, by id
    Departments(list::Departments),
    /// A department's applications: those that others made on its entries, or its own
    Applications(Box<list::Applications>),
    /// A department's authorizations: those that it granted, or was granted
    Authorizations(Box<list::Authorizations>),
    /// A catalogue entry
    Resource {
        /// Its code, such as 103001/000001
        code: ResourceCode,
        #[command(flatten)]
        when: When,
    },
    /// A department
    Department {
        /// Its id, such as D012
        id: DepartmentId,
        #[command(flatten)]
        when: When,
    },
    /// A responsibility
    Responsibility {
        /// Its code, such as Z-D012-01
        code: ResponsibilityCode,
        #[command(flatten)]
        when: When,
    },
    /// Who may read an entry's fields, and on what basis
    Readers {
        /// The entry
        code: ResourceCode,
        /// Only this field
        #[arg(long, value_name = "N", value_parser = field)]
        field: Option<FieldNumber>,
        #[command(flatten)]
        when: When,
    },
    /// Everything that a department may read, why, and of grants until when
    WhatMay(rehearsal::WhatMay),
    /// Whether a department may read a field, and why or why not
    Access(Box<Access>),
    /// Everything that ever touched an entry or a department, newest first
    History {
        /// The entry's code or the department's id
        #[arg(value_parser = subject)]
        subject: Subject,
        /// How many events at most
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
    },
    /// Everything that a department's keys signed, newest first
    Acts {
        /// The department's id
        department: DepartmentId,
        /// How many actions at most
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
    },
    /// An application
    Application {
        /// Its id, such as 103001/000001/3
        id: SharingId,
        #[command(flatten)]
        when: When,
    },
    /// An authorization
    Authorization {
        /// Its id, the application's
        id: SharingId,
        #[command(flatten)]
        when: When,
    },
    /// A block
    Block {
        /// Its height
        height: u64,
    },
    /// A transaction
    Tx {
        /// Its id
        id: TransactionId,
    },
    /// A binding, use, batch, rating, objection, obligation, data element, finding or demand
    Record(records::One),
    /// A list of them: of an entry, of a department, or all
    Records(records::Many),
    /// Who owes an answer, since when, how late
    Deadlines(records::Deadlines),
    /// How departments score, and their ranking
    Scores {
        /// Only this department and its sub-units
        #[arg(long, value_name = "ID")]
        department: Option<DepartmentId>,
        #[command(flatten)]
        when: When,
    },
    /// What differs between two versions of an entry, or a version and the draft
    Difference(records::Difference),
    /// Who votes, what is agreed about that, and when it comes into force
    Members {
        #[command(flatten)]
        when: When,
    },
    /// The chain's parameters, offices and validators
    Parameters {
        #[command(flatten)]
        when: When,
    },
}

/// A question for a verdict.
#[derive(Debug, clap::Args)]
pub(crate) struct Access {
    /// Who would read
    #[arg(long, value_name = "ID")]
    department: DepartmentId,

    /// What
    #[arg(long, value_name = "CODE")]
    resource: ResourceCode,

    /// Which field
    #[arg(long, value_name = "N", value_parser = field)]
    field: FieldNumber,

    /// What for [default: anything that was granted]
    #[arg(long, value_name = "CODE")]
    purpose: Option<PurposeCode>,

    #[command(flatten)]
    when: When,
}

fn field(text: &str) -> Result<FieldNumber, String> {
    let number = text
        .parse()
        .map_err(|_| "a field is its number, from 1".to_owned())?;
    Ok(FieldNumber(number))
}

fn subject(text: &str) -> Result<Subject, String> {
    if let Ok(code) = text.parse() {
        return Ok(Subject::Resource(code));
    }
    let department = text.parse().map(Subject::Department);
    department.map_err(|_| {
        "neither an entry's code, such as 103001/000001, nor a department's id, such as D012".into()
    })
}

impl Query {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        match self {
            Query::Resources(list) => list.run(context, &client),
            Query::Departments(list) => list.run(context, &client),
            Query::Applications(list) => list.run(context, &client),
            Query::Authorizations(list) => list.run(context, &client),
            Query::Resource { code, when } => {
                let answer = client.resource(&code, when.at)?;
                context.output.print(&answer, resource::resource)
            }
            Query::Department { id, when } => {
                let answer = client.department(&id, when.at)?;
                context.output.print(&answer, chain::department)
            }
            Query::Responsibility { code, when } => {
                let answer = client.responsibility(&code, when.at)?;
                context.output.print(&answer, resource::responsibility)
            }
            Query::Readers { code, field, when } => {
                let answer = client.readers(&code, field, when.at)?;
                let language = context.language();
                let text = |answer: &_| sharing::readers(answer, language);
                context.output.print(&answer, text)
            }
            Query::WhatMay(question) => question.run(context, &client),
            Query::Access(question) => question.run(context, &client),
            Query::History { subject, limit } => {
                let events = client.history(&subject, limit)?;
                let text = |events: &Vec<HistoryItem>| resource::history(Some(&subject), events);
                context.output.print(&events, text)
            }
            Query::Acts { department, limit } => {
                let acts = client.acts(&department, limit)?;
                let text = |acts: &Vec<HistoryItem>| resource::history(None, acts);
                context.output.print(&acts, text)
            }
            Query::Application { id, when } => {
                let answer = client.application(&id, when.at)?;
                let language = context.language();
                let text = |answer: &_| sharing::application(answer, language);
                context.output.print(&answer, text)
            }
            Query::Authorization { id, when } => {
                let answer = client.authorization(&id, when.at)?;
                let language = context.language();
                let text = |answer: &_| sharing::authorization(answer, language);
                context.output.print(&answer, text)
            }
            Query::Block { height } => {
                let answer = client.block(Height(height))?;
                context.output.print(&answer, chain::block)
            }
            Query::Tx { id } => {
                let answer = client.transaction(&id)?;
                let language = context.language();
                let text = |answer: &_| chain::transaction(answer, language);
                context.output.print(&answer, text)
            }
            Query::Record(question) => question.run(context, &client),
            Query::Records(question) => question.run(context, &client),
            Query::Deadlines(question) => question.run(context, &client),
            Query::Scores { department, when } => {
                let answer = client.scores(department.as_ref(), when.at)?;
                let language = context.language();
                let text = |answer: &_| records::scores(answer, language);
                context.output.print(&answer, text)
            }
            Query::Difference(question) => question.run(context, &client),
            Query::Members { when } => {
                let answer = client.members(when.at)?;
                context.output.print(&answer, chain::members)
            }
            Query::Parameters { when } => {
                let answer = client.parameters(when.at)?;
                context.output.print(&answer, chain::parameters)
            }
        }
    }
}

impl Access {
    fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        // A verdict about a department that nobody registered, or for a purpose that nobody lists,
        // is "no"; a person who mistyped one wants to hear of it.
        client.department(&self.department, self.when.at)?;
        if let Some(purpose) = &self.purpose {
            listed(purpose, &client.parameters(self.when.at)?)?;
        }
        let question = AccessQuestion {
            department: self.department,
            resource: self.resource,
            field: self.field,
            purpose: self.purpose,
        };
        let answer = client.access(&question, self.when.at)?;
        // Who ended an authorization, when and why, stands with the authorization.
        let failed = match &answer.denial {
            Some(Denial::AuthorizationFails {
                authorization,
                failure: Failure::Inactive,
            }) => Some(client.authorization(authorization, self.when.at)?),
            Some(_) | None => None,
        };
        let language = context.language();
        let text = |answer: &_| verdicts::access(answer, failed.as_ref(), language);
        context.output.print(&answer, text)
    }
}

/// Refuses a purpose that is not on the chain's list.
fn listed(purpose: &PurposeCode, answer: &ParametersAnswer) -> anyhow::Result<()> {
    let purposes = answer.parameters.purposes.iter();
    let codes: Vec<&str> = purposes
        .map(|purpose| purpose.purpose.code.as_str())
        .collect();
    anyhow::ensure!(
        codes.contains(&purpose.as_str()),
        "`{purpose}` is no purpose at height {}. There are: {}",
        answer.as_of.height,
        codes.join(", ")
    );
    Ok(())
}
