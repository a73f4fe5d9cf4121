//! `dirchain init`: a node's home.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{ChainId, DepartmentId, NodeId};
use dirchain_ledger::records::is_node_id;
use serde::Serialize;

use crate::config::{Config, check_multiaddress};
use crate::description::node_entry;
use crate::devnet::{Seed, node_keys};
use crate::home::{Home, read_genesis};
use crate::provision::{KeyPast, NodeKeys, Standing, provision, standing};

use super::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// This node's name within the chain: its department's id, a hyphen and a number, as D035-1
    #[arg(long, value_name = "ID")]
    node_id: Option<NodeId>,

    /// The chain's genesis file; may be given later, with another `init`
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,

    /// Where to listen for other nodes [default: /ip4/0.0.0.0/tcp/7000]
    #[arg(long, value_name = "MULTIADDRESS", value_parser = listen)]
    listen: Option<String>,

    /// Where the explorer listens [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,

    /// Derive this node's keys from the seed of `genesis sample`: for demonstrations only
    #[arg(long, value_name = "SEED", requires = "node_index")]
    sample_seed: Option<String>,

    /// Which of the sample's nodes this is, from 0
    #[arg(long, value_name = "N", requires = "sample_seed")]
    node_index: Option<u16>,
}

fn listen(text: &str) -> Result<String, String> {
    check_multiaddress(text)?;
    Ok(text.to_owned())
}

/// A home as it is printed.
#[derive(Debug, Serialize)]
struct Made {
    home: PathBuf,
    node: NodeId,
    network_key: PublicKey,
    consensus_key: PublicKey,
    chain: Option<ChainId>,
    #[serde(skip)]
    listen: String,
    #[serde(skip)]
    standing: Option<Standing>,
}

impl Init {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let home = context.home()?;
        let genesis = self.genesis.as_deref().map(read_genesis).transpose()?;
        let config = self.config(&home)?;
        let keys = match (&self.sample_seed, self.node_index) {
            (Some(seed), Some(index)) => node_keys(&Seed::new(seed), index),
            (Some(_) | None, _) => NodeKeys::generate()?,
        };
        let genesis = match (genesis, home.genesis_file().exists()) {
            (Some(given), true) => {
                // Nothing is written; another chain's genesis is refused before all else.
                home.write_genesis(&given)?;
                Some(given)
            }
            (None, true) => Some(home.genesis()?),
            (given, false) => given,
        };
        let past = KeyPast::NeverSigned;
        let keys = provision(&home, &config, genesis.as_ref(), keys, past)?;
        if let Some(genesis) = &genesis {
            home.write_genesis(genesis)?;
        }
        let standing = match &genesis {
            Some(genesis) => Some(standing(genesis, &config.node, &keys)?),
            None => None,
        };
        let made = Made {
            home: home.dir().to_path_buf(),
            node: config.node,
            network_key: keys.network.public(),
            consensus_key: keys.consensus.public(),
            chain: genesis.as_ref().map(Genesis::chain),
            listen: config.network.listen,
            standing,
        };
        context.output.print(&made, text)
    }

    /// The configuration of the home, or the one to be written. A setting of a home that is there
    /// is changed in its file, never by a second `init`.
    fn config(&self, home: &Home) -> anyhow::Result<Config> {
        if home.is_initialised() {
            let config = home.config()?;
            let same = self.node_id.as_ref().is_none_or(|id| *id == config.node)
                && self
                    .listen
                    .as_ref()
                    .is_none_or(|l| *l == config.network.listen)
                && self.http.is_none_or(|http| http == config.http.listen);
            anyhow::ensure!(
                same,
                "{} is a home already. Change its settings there, or choose another --home",
                home.config_file().display()
            );
            return Ok(config);
        }
        let node = self.node_id.clone();
        let node =
            node.context("a new home needs its node's name. Give --node-id, such as D035-1")?;
        check_name(&node)?;
        let mut config = Config::new(node);
        if let Some(listen) = &self.listen {
            config.network.listen.clone_from(listen);
        }
        if let Some(http) = self.http {
            config.http.listen = http;
        }
        Ok(config)
    }
}

/// A new node's name says whose it is: a department's id, a hyphen and a number.
fn check_name(node: &NodeId) -> anyhow::Result<()> {
    let department = node.as_str().rsplit_once('-').map(|(whose, _)| whose);
    let department = department.and_then(|whose| whose.parse::<DepartmentId>().ok());
    let fits = department.is_some_and(|department| is_node_id(node, &department));
    anyhow::ensure!(
        fits,
        "`{node}` does not say whose node it is: a name is its department's id in capital letters, a hyphen and a number, such as D035-1"
    );
    Ok(())
}

fn text(made: &Made) -> String {
    let home = made.home.display();
    let mut text = format!(
        "home           {home}\nnode           {}\nnetwork key    {}\nconsensus key  {}\n",
        made.node, made.network_key, made.consensus_key
    );
    if let Some(chain) = made.chain {
        text.push_str(&format!("chain          {chain}\n"));
    }
    let run = format!("Run it with `dirchain run --home {home}`.");
    match made.standing {
        Some(Standing::Validator) => text.push_str(&format!("\nThis node votes. {run}\n")),
        Some(Standing::Observer) => text.push_str(&format!("\nThis node observes. {run}\n")),
        Some(Standing::Unregistered) => text.push_str(&format!(
            "\nThe genesis does not name this node. Once it is registered it may connect:\n  \
             dirchain --home {home} node offer > offer.json\n  dirchain node register {} --offer offer.json --address MULTIADDRESS --as KEYNAME\n{run}\n",
            made.node
        )),
        None => text.push_str(&format!(
            "\nFor the chain's description, with the address that others reach:\n\n{}\n\
             Then give the chain's file with `dirchain init --home {home} --genesis FILE`.\n",
            node_entry(
                &made.node,
                &made.network_key,
                &made.consensus_key,
                &made.listen
            )
        )),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_s_name_says_whose_it_is() {
        for good in ["D035-1", "D054.3-12", "OPS-HOST-2"] {
            assert!(check_name(&good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in [
            "d035-1", "D009", "D009-", "D009-x", "-1", "D009-1x", "D009-01",
        ] {
            let Ok(id) = bad.parse() else { continue };
            let error = check_name(&id).unwrap_err().to_string();
            assert!(error.contains("such as D035-1"), "{error}");
        }
    }
}
