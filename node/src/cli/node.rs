//! `dirchain node`: who may connect to the network, and what a node shows of itself.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use dirchain_ledger::action::{Action, AmendNode, RegisterNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{ChainId, DepartmentId, NodeId};
use dirchain_ledger::records::{NodeAddress, NodeKeyOffer, NodeKeyUse};
use serde::{Deserialize, Serialize};

use crate::config::check_multiaddress;
use crate::home::{Home, NodeKey};
use crate::rotation::{ReportFile, next_key};

use super::context::Context;
use super::key::read_text;
use super::sign::Signing;

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Print this home's keys with proof that it holds them, for whoever registers the node
    Offer(Offer),
    /// Admit a node of a department to the network
    Register {
        /// Its name, never used before: its department's id, a hyphen and a number, as D012-1
        id: NodeId,

        /// What `dirchain node offer` printed on its machine [default: this home's own keys]
        #[arg(long, value_name = "FILE")]
        offer: Option<PathBuf>,

        /// Where it listens, such as /ip4/10.0.0.12/tcp/7000; may be given several times
        #[arg(long, value_name = "MULTIADDRESS", required = true, value_parser = address)]
        address: Vec<NodeAddress>,

        /// Whose it is [default: the signer's department]
        #[arg(long, value_name = "DEPARTMENT")]
        department: Option<DepartmentId>,

        #[command(flatten)]
        signing: Signing,
    },
    /// Change a node's keys or addresses; a consensus key votes once `membership rotate` is in force
    Amend {
        /// Its name
        id: NodeId,

        /// What `dirchain node offer --next` printed on its machine
        #[arg(long, value_name = "FILE")]
        offer: Option<PathBuf>,

        /// Where it listens now; may be given several times
        #[arg(long, value_name = "MULTIADDRESS", value_parser = address)]
        address: Vec<NodeAddress>,

        #[command(flatten)]
        signing: Signing,
    },
    /// Show that a node has caught up and may vote; asks that very node
    Ready {
        /// Its name
        id: NodeId,

        #[command(flatten)]
        signing: Signing,
    },
    /// Put on record that a node contradicted itself
    Report {
        /// The file that a node wrote about it, in its home's equivocations/ folder
        proof: PathBuf,

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

/// Which keys to offer.
#[derive(Debug, clap::Args)]
pub(crate) struct Offer {
    /// Make the next key and offer that: consensus, network, or both
    #[arg(long, value_name = "KEY", value_parser = which)]
    next: Vec<NodeKey>,
}

/// A node's keys, as one home prints them and another reads them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offered {
    node: NodeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<NodeKeyOffer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consensus: Option<NodeKeyOffer>,
}

fn which(text: &str) -> Result<NodeKey, String> {
    match text {
        "network" => Ok(NodeKey::Network),
        "consensus" => Ok(NodeKey::Consensus),
        _ => Err("a node's keys are `consensus` and `network`".to_owned()),
    }
}

fn address(text: &str) -> Result<NodeAddress, String> {
    check_multiaddress(text)?;
    text.parse().map_err(|error| format!("{error}"))
}

impl Offer {
    fn run(self, context: &Context) -> anyhow::Result<()> {
        let home = context.home()?;
        let chain = home.genesis()?.chain();
        let offered = if self.next.is_empty() {
            own_keys(&home, &chain)?
        } else {
            let node = home.config()?.node;
            let mut offered = Offered {
                node: node.clone(),
                network: None,
                consensus: None,
            };
            for key in self.next {
                let secret = next_key(&home, key)?;
                let offer = |key_use| Some(NodeKeyOffer::new(&secret, &chain, &node, key_use));
                match key {
                    NodeKey::Network => offered.network = offer(NodeKeyUse::Network),
                    NodeKey::Consensus => offered.consensus = offer(NodeKeyUse::Consensus),
                }
            }
            offered
        };
        println!("{}", serde_json::to_string_pretty(&offered)?);
        Ok(())
    }
}

/// The keys of the home that the command runs in.
fn own_keys(home: &Home, chain: &ChainId) -> anyhow::Result<Offered> {
    let node = home.config()?.node;
    let offer = |key, key_use| -> anyhow::Result<Option<NodeKeyOffer>> {
        let secret = home.key(key)?;
        let secret = secret.with_context(|| {
            format!(
                "there is no {}. Run this on the node's machine, or give --offer",
                home.key_file(key).display()
            )
        })?;
        Ok(Some(NodeKeyOffer::new(&secret, chain, &node, key_use)))
    };
    Ok(Offered {
        network: offer(NodeKey::Network, NodeKeyUse::Network)?,
        consensus: offer(NodeKey::Consensus, NodeKeyUse::Consensus)?,
        node,
    })
}

fn read_offer(context: &Context, file: Option<&PathBuf>, id: &NodeId) -> anyhow::Result<Offered> {
    let offered: Offered = match file {
        Some(path) => {
            let text = read_text(path)?;
            let parsed = serde_json::from_str(&text);
            parsed.with_context(|| {
                format!(
                    "{} is no offer of a node's keys. `dirchain node offer` prints one",
                    path.display()
                )
            })?
        }
        None => {
            let home = context.home()?;
            own_keys(&home, &home.genesis()?.chain())?
        }
    };
    anyhow::ensure!(
        offered.node == *id,
        "the keys offered are those of node {}, not of {id}",
        offered.node
    );
    Ok(offered)
}

impl NodeCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            NodeCommand::Offer(offer) => offer.run(context),
            NodeCommand::Register {
                id,
                offer,
                address,
                department,
                signing,
            } => {
                let offered = read_offer(context, offer.as_ref(), &id)?;
                let desk = signing.desk(context)?;
                let department = department.unwrap_or_else(|| desk.author.department.clone());
                let network = offered.network;
                let action = Action::RegisterNode(RegisterNode {
                    id,
                    department,
                    network: network.context("the offer has no network key")?,
                    consensus: offered.consensus,
                    addresses: List::new(address)?,
                });
                desk.submit(vec![action])
            }
            NodeCommand::Amend {
                id,
                offer,
                address,
                signing,
            } => {
                let offered = match &offer {
                    Some(_) => Some(read_offer(context, offer.as_ref(), &id)?),
                    None => None,
                };
                let (network, consensus) = match offered {
                    Some(offered) => (offered.network, offered.consensus),
                    None => (None, None),
                };
                let addresses = (!address.is_empty()).then(|| List::new(address));
                let action = Action::AmendNode(AmendNode {
                    id,
                    network,
                    consensus,
                    addresses: addresses.transpose()?,
                });
                signing.desk(context)?.submit(vec![action])
            }
            NodeCommand::Ready { id, signing } => ready(context, id, &signing),
            NodeCommand::Report { proof, signing } => {
                let text = read_text(&proof)?;
                let report: ReportFile = serde_json::from_str(&text)
                    .with_context(|| format!("{} proves no contradiction", proof.display()))?;
                let action = Action::ReportEquivocation {
                    node: report.node,
                    proof: report.proof,
                };
                signing.desk(context)?.submit(vec![action])
            }
            NodeCommand::Remove { id, signing } => signing
                .desk(context)?
                .submit(vec![Action::RemoveNode { id }]),
        }
    }
}

/// The node itself says how far it has come; another's word would show nothing.
fn ready(context: &Context, id: NodeId, signing: &Signing) -> anyhow::Result<()> {
    let desk = signing.desk(context)?;
    let status = desk.client.status()?;
    let asked = &status.node.node;
    anyhow::ensure!(
        *asked == id,
        "this asked node {asked}. Give the address of {id} with --node"
    );
    anyhow::ensure!(
        desk.client.is_ready(),
        "{id} is not ready: look at `dirchain status`"
    );
    let (height, block) = (status.tip.height, status.tip.block);
    desk.submit(vec![Action::MarkReady { id, height, block }])
}
