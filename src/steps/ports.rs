//! The ports of a codespace: which ones are listened on inside, and connections to them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::gate::{Gate, fresh_mark};
use super::processes;
use super::shell::{COOKIE, relay};
use crate::engine::{ContainerId, Engine, EngineError, ExecSession, ExecSpec, Powers};

/// The address at which a container finds its engine's own name server.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// Returns the ports that something listens on in a container, each with the addresses.
pub async fn listening(engine: &Engine, container: &ContainerId) -> Result<BTreeMap<u16, Vec<IpAddr>>, EngineError> {
    let mark = fresh_mark();
    let text = format!("{{\ncat /proc/net/tcp /proc/net/tcp6 2>/dev/null\ncode=0\n{}\n}}\n", mark.script());
    let (_, printed) = Gate::open(engine, container, "root").await?.run_to_end(&text, &mark).await?;
    Ok(read(&String::from_utf8_lossy(&printed)))
}

/// Connections into one container.
#[derive(Debug)]
pub struct Relays {
    engine: Engine,
    container: ContainerId,
    cookie: String,
}

impl Relays {
    /// Returns the way into a container.
    pub fn new(engine: Engine, container: ContainerId) -> Self {
        let cookie = format!("portForward:{}", fresh_mark().as_str());
        Self { engine, container, cookie }
    }

    /// Connects to a port inside: what is sent goes there, what is printed comes from there, or is why there is no connection.
    pub async fn open(&self, port: u16) -> Result<ExecSession, EngineError> {
        let command = ["/bin/sh", "-c", &relay(port)].map(str::to_owned).to_vec();
        let env = vec![format!("{COOKIE}={}", self.cookie)];
        self.engine
            .exec(&self.container, ExecSpec { command, user: None, env, powers: Powers::Own, terminal: None })
            .await
    }

    /// Ends all connections.
    pub async fn end(&self) -> Result<(), EngineError> {
        processes::end(&self.engine, &self.container, std::slice::from_ref(&self.cookie)).await.map(drop)
    }
}

/// Reads the sockets that listen from a kernel's tables.
fn read(tables: &str) -> BTreeMap<u16, Vec<IpAddr>> {
    let mut ports: BTreeMap<u16, Vec<IpAddr>> = BTreeMap::new();
    for line in tables.lines() {
        let mut fields = line.split_whitespace();
        let (local, state) = (fields.nth(1).unwrap_or_default(), fields.nth(1));
        let Some((address, port)) = local.split_once(':').filter(|_| state == Some("0A")) else { continue };
        if let (Some(address), Ok(port)) = (self::address(address), u16::from_str_radix(port, 16))
            && address != IpAddr::V4(NAME_SERVER)
        {
            ports.entry(port).or_default().push(address);
        }
    }
    ports
}

/// Reads an address: words of four bytes, each as a little-endian machine has it in memory.
fn address(text: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = text.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_le_bytes)
    };
    match text.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let bytes: Vec<u8> = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_listens_is_read_from_the_kernels_tables() {
        let tables = "  sl  local_address rem_address   st tx_queue\n\
            \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000\n\
            \x20  1: 00000000:0016 00000000:0000 0A 00000000:00000000\n\
            \x20  2: 0B00007F:A3B1 00000000:0000 0A 00000000:00000000\n\
            \x20  3: 020011AC:0050 010011AC:C001 01 00000000:00000000\n\
            \x20  0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000\n\
            \x20  1: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000\n";
        let ports = read(tables);
        let shown: Vec<String> = ports.iter().map(|(port, addresses)| format!("{port} {addresses:?}")).collect();
        assert_eq!(shown, ["22 [0.0.0.0]", "3000 [::]", "8080 [127.0.0.1, ::1]"]);
    }

    proptest! {
        #[test]
        fn no_table_panics(text in "([0-9A-F: \n]|0A|\u{e9}){0,80}") {
            let _ports = read(&text);
        }
    }
}
