//! The ports of a codespace: which ones are listened on inside, and connections to them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::gate::{Gate, ROOT, fresh_mark};
use super::processes;
use super::shell::{COOKIE, relay};
use crate::engine::{ContainerId, Engine, EngineError, ExecSession, ExecSpec, Powers};

/// The address at which a container finds its engine's own name server.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// What listens on a port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listener {
    /// At which addresses.
    pub addresses: Vec<IpAddr>,
    /// The command line of its process, its words with spaces between; nothing where that was not asked for, or is not known.
    pub command: Option<String>,
}

/// The sockets that listen on a port, as the kernel knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sockets {
    addresses: Vec<IpAddr>,
    inodes: Vec<u64>,
}

/// The kernel's tables of sockets.
const TABLES: &str = "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null\n";

/// Returns the ports that something listens on in a container; with the command lines, where `with_commands` asks for them.
pub async fn listening(
    engine: &Engine,
    container: &ContainerId,
    with_commands: bool,
) -> Result<BTreeMap<u16, Listener>, EngineError> {
    let (sockets, commands) = if with_commands {
        // Whose sockets they are is another user's to know, even to root of a container.
        let gate = Gate::open_as(engine, container, ROOT, Powers::All).await?;
        let (printed, gate) = gate.print_in_between(&format!("{TABLES}ls -l /proc/[0-9]*/fd 2>/dev/null\n")).await?;
        let sockets = read(&printed);
        let commands = match gate {
            Some(gate) => commands(gate, &sockets, &owners(&printed)).await?,
            None => BTreeMap::new(),
        };
        (sockets, commands)
    } else {
        (read(&Gate::open(engine, container, ROOT).await?.print(TABLES).await?), BTreeMap::new())
    };
    let listener =
        |(port, Sockets { addresses, .. })| (port, Listener { addresses, command: commands.get(&port).cloned() });
    Ok(sockets.into_iter().map(listener).collect())
}

/// Returns the command lines of what listens, by port.
async fn commands(
    gate: Gate,
    sockets: &BTreeMap<u16, Sockets>,
    owners: &BTreeMap<u64, u32>,
) -> Result<BTreeMap<u16, String>, EngineError> {
    let process = |sockets: &Sockets| sockets.inodes.iter().find_map(|inode| owners.get(inode)).copied();
    let of_port: Vec<(u16, u32)> =
        sockets.iter().filter_map(|(port, sockets)| Some((*port, process(sockets)?))).collect();
    let each = |(port, process): &(u16, u32)| {
        format!("echo {port} \"$(tr '\\0\\n' '  ' </proc/{process}/cmdline)\" 2>/dev/null\n")
    };
    let printed = gate.print(&of_port.iter().map(each).collect::<String>()).await?;
    let line = |line: &str| {
        let (port, command) = line.split_once(' ')?;
        Some((port.parse().ok()?, command.trim_end().to_owned()))
    };
    Ok(printed.lines().filter_map(line).collect())
}

/// Returns which process has which socket, of what `ls -l` prints of `/proc/*/fd`.
fn owners(listing: &str) -> BTreeMap<u64, u32> {
    let mut process = None;
    let mut owners = BTreeMap::new();
    for line in listing.lines() {
        if let Some(folder) = line.strip_prefix("/proc/") {
            process = folder.split('/').next().and_then(|number| number.parse().ok());
        }
        let inode = line.split_once(" -> socket:[").and_then(|(_, rest)| rest.trim_end_matches(']').parse().ok());
        if let (Some(inode), Some(process)) = (inode, process) {
            owners.entry(inode).or_insert(process);
        }
    }
    owners
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
fn read(tables: &str) -> BTreeMap<u16, Sockets> {
    let mut ports: BTreeMap<u16, Sockets> = BTreeMap::new();
    for line in tables.lines() {
        let mut fields = line.split_whitespace();
        let (local, state, inode) = (fields.nth(1).unwrap_or_default(), fields.nth(1), fields.nth(5));
        let Some((address, port)) = local.split_once(':').filter(|_| state == Some("0A")) else { continue };
        if let (Some(address), Ok(port)) = (self::address(address), u16::from_str_radix(port, 16))
            && address != IpAddr::V4(NAME_SERVER)
        {
            let sockets = ports.entry(port).or_default();
            sockets.addresses.push(address);
            sockets.inodes.extend(inode.and_then(|inode| inode.parse::<u64>().ok()));
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
        let shown: Vec<String> =
            ports.iter().map(|(port, sockets)| format!("{port} {:?}", sockets.addresses)).collect();
        assert_eq!(shown, ["22 [0.0.0.0]", "3000 [::]", "8080 [127.0.0.1, ::1]"]);
    }

    #[test]
    fn a_socket_is_the_first_processs_that_has_it() {
        let tables = "   0: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0\n";
        assert_eq!(read(tables).get(&3000).map(|sockets| sockets.inodes.clone()), Some(vec![4711]));
        let listing = "/proc/1/fd:\ntotal 0\nlrwx------ 1 root root 64 Nov 25 06:00 0 -> /dev/null\n\n\
            /proc/17/fd:\ntotal 0\nlrwx------ 1 me me 64 Nov 25 06:00 3 -> socket:[4711]\n/proc/18/fd:\nl 3 -> socket:[4711]\nl 4 -> socket:[x]\n";
        assert_eq!(owners(listing), BTreeMap::from([(4711, 17)]));
    }

    proptest! {
        #[test]
        fn no_listing_panics(text in "(/proc/|[0-9]| -> socket:\\[|\\]|\n|\u{e9}){0,60}") {
            let _owners = owners(&text);
        }

        #[test]
        fn no_table_panics(text in "([0-9A-F: \n]|0A|\u{e9}){0,80}") {
            let _ports = read(&text);
        }
    }
}
