//! `dirchain node`: who may connect to the network.

use clap::Subcommand;
use dirchain_ledger::action::{Action, RegisterNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{DepartmentId, NodeId};
use dirchain_ledger::records::{NodeAddress, NodeKind};

use crate::config::check_multiaddress;

use super::context::Context;
use super::sign::Signing;

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Admit an observer node of a department; `dirchain init` on its machine prints its key
    Register {
        /// Its name within the chain, never used before, such as D012-1
        id: NodeId,

        /// Its key on the network
        #[arg(long, value_name = "PUBLIC_KEY")]
        network_key: PublicKey,

        /// Where it listens, such as /ip4/10.0.0.12/tcp/7000; may be given several times
        #[arg(long, value_name = "MULTIADDRESS", required = true, value_parser = address)]
        address: Vec<NodeAddress>,

        /// Whose it is [default: the signer's department]
        #[arg(long, value_name = "DEPARTMENT")]
        department: Option<DepartmentId>,

        #[command(flatten)]
        signing: Signing,
    },
    /// Take a node off the network
    Remove {
        /// Its name
        id: NodeId,

        #[command(flatten)]
        signing: Signing,
    },
}

fn address(text: &str) -> Result<NodeAddress, String> {
    check_multiaddress(text)?;
    text.parse().map_err(|error| format!("{error}"))
}

impl NodeCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            NodeCommand::Register {
                id,
                network_key,
                address,
                department,
                signing,
            } => {
                let desk = signing.desk(context)?;
                let department = department.unwrap_or_else(|| desk.author.department.clone());
                let action = Action::RegisterNode(RegisterNode {
                    id,
                    department,
                    kind: NodeKind::Observer,
                    network_key,
                    addresses: List::new(address)?,
                });
                desk.submit(vec![action])
            }
            NodeCommand::Remove { id, signing } => signing
                .desk(context)?
                .submit(vec![Action::RemoveNode { id }]),
        }
    }
}
