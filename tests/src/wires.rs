//! Network namespaces on this machine, joined by bridges: nodes as on machines of their own, whose
//! links can be cut.

use std::net::Ipv4Addr;
use std::process::Command;

/// Says loudly, past the test runner's capture, what a test could not do on this machine.
pub fn left_out(what: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr(), "\n*** LEFT OUT: {what} ***"));
}

/// Namespaces with their links; gone when dropped.
pub struct Wires {
    number: u8,
    count: usize,
}

fn ip(words: &str) -> Result<(), String> {
    command("ip", words)
}

fn command(program: &str, words: &str) -> Result<(), String> {
    let output = Command::new(program).args(words.split(' ')).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(format!("{program} {words}: {said}"))
        }
    }
}

impl Wires {
    /// Lays them: every namespace on one bridge, and a link to this process for each.
    ///
    /// # Errors
    ///
    /// Why this machine does not allow it.
    pub fn lay(count: usize) -> Result<Self, String> {
        let number = u8::try_from(std::process::id() % 100).unwrap_or(0) + 100;
        let wires = Self { number, count };
        for bridge in 0..count {
            ip(&format!("link add {} type bridge", wires.bridge(bridge)))?;
            ip(&format!("link set {} up", wires.bridge(bridge)))?;
        }
        for index in 0..count {
            wires.add(index)?;
        }
        Ok(wires)
    }

    fn add(&self, index: usize) -> Result<(), String> {
        let (space, bridge) = (self.space(index), self.bridge(0));
        let (link, control) = (self.link(index), self.control(index));
        let number = self.number;
        ip(&format!("netns add {space}"))?;
        ip(&format!(
            "link add {link} type veth peer name eth0 netns {space}"
        ))?;
        ip(&format!("link set {link} master {bridge}"))?;
        ip(&format!("link set {link} up"))?;
        ip(&format!(
            "link add {control} type veth peer name control netns {space}"
        ))?;
        ip(&format!(
            "addr add 10.{number}.{}.1/24 dev {control}",
            index + 1
        ))?;
        ip(&format!("link set {control} up"))?;
        for words in [
            format!("addr add {}/24 dev eth0", self.host(index)),
            "link set eth0 up".to_owned(),
            format!("addr add {}/24 dev control", self.door(index)),
            "link set control up".to_owned(),
            "link set lo up".to_owned(),
        ] {
            ip(&format!("-n {space} {words}"))?;
        }
        Ok(())
    }

    fn bridge(&self, index: usize) -> String {
        format!("dcb{}x{index}", self.number)
    }

    fn link(&self, index: usize) -> String {
        format!("dcl{}x{index}", self.number)
    }

    fn control(&self, index: usize) -> String {
        format!("dcc{}x{index}", self.number)
    }

    /// The namespace of the node at `index`.
    pub fn space(&self, index: usize) -> String {
        format!("dirchain{}x{index}", self.number)
    }

    /// Where the other nodes reach it.
    pub fn host(&self, index: usize) -> Ipv4Addr {
        let index = u8::try_from(index).unwrap_or(0);
        Ipv4Addr::new(10, self.number, 200, index + 1)
    }

    /// Where this process reaches it, however the links between nodes are cut.
    pub fn door(&self, index: usize) -> Ipv4Addr {
        let index = u8::try_from(index).unwrap_or(0);
        Ipv4Addr::new(10, self.number, index + 1, 2)
    }

    /// Joins the nodes of each group with each other and with nobody else.
    ///
    /// # Panics
    ///
    /// When a link cannot be moved.
    pub fn part(&self, groups: &[&[usize]]) {
        for (bridge, group) in groups.iter().enumerate() {
            for index in *group {
                let (link, bridge) = (self.link(*index), self.bridge(bridge));
                ip(&format!("link set {link} master {bridge}")).unwrap();
            }
        }
    }

    /// Delays what leaves each node.
    ///
    /// # Errors
    ///
    /// Why this machine does not allow it.
    pub fn delay(&self, delay_ms: u32) -> Result<(), String> {
        for index in 0..self.count {
            let space = self.space(index);
            let words = format!("-n {space} qdisc replace dev eth0 root netem delay {delay_ms}ms");
            command("tc", &words)?;
        }
        Ok(())
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        // What was not laid cannot be taken away; with a namespace its links go too.
        for index in 0..self.count {
            let _gone = ip(&format!("link del {}", self.control(index)));
            let _gone = ip(&format!("link del {}", self.link(index)));
            let _gone = ip(&format!("netns del {}", self.space(index)));
            let _gone = ip(&format!("link del {}", self.bridge(index)));
        }
    }
}
