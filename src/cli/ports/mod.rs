//! `localspace ports`

mod forward;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::select::{self, Selector, State};
use crate::codespace::label;
use crate::devcontainer::{Entry, Ports};
use crate::engine::ContainerDetails;
use crate::report::plain;
use crate::steps::{self, Listener};

/// List the ports of a codespace, or forward them
///
/// Listed are the ports that the configuration names, and those that something listens on inside. On GitHub each is reachable by you alone.
///
/// Example: localspace ports -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Forward(forward::Args),
}

/// One port of a codespace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    port: u16,
    label: String,
    is_listened_on: bool,
    /// Where it is reached from this machine.
    address: Option<String>,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    match args.verb {
        Some(Verb::Forward(forward)) => forward::run(forward, context).await,
        None => interrupts.until(list(&args.selector, args.json, context)).await,
    }
}

async fn list(selector: &Selector, is_json: bool, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(context, selector, &engine).await?;
    let container = found.container()?.clone();
    let details = engine.inspect(&container).await?;
    let ports = Ports::of(&Entry::of_label(found.label(label::METADATA)).unwrap_or_default());
    let listening = if found.state == State::Running {
        steps::listening(&engine, &container, ports.wants_commands()).await?
    } else {
        BTreeMap::new()
    };
    // An engine elsewhere has networks that this machine is not in.
    let is_near = engine.endpoint().address.is_local();
    let rows = rows(&ports, &listening, details.as_ref(), is_near);
    if is_json {
        let row = |row: &Row| {
            json!({
                "sourcePort": row.port, "label": row.label, "visibility": "private", "listening": row.is_listened_on,
                "address": row.address,
            })
        };
        context.ui.data(&format!("{}\n", json!(rows.iter().map(row).collect::<Vec<_>>())))?;
        return Ok(0);
    }
    if rows.is_empty() {
        context.ui.say(&format!("codespace {} has no ports\n", found.name));
        return Ok(0);
    }
    context.ui.data(&table(&rows))?;
    if rows.iter().any(|row| row.is_listened_on && row.address.is_none()) {
        context.ui.say("hint: `localspace ports forward PORT:PORT` reaches a port that has no address here\n");
    }
    Ok(0)
}

fn table(rows: &[Row]) -> String {
    let mut cells = vec![["LABEL", "PORT", "VISIBILITY", "ADDRESS"].map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        let address = match (&row.address, row.is_listened_on) {
            (Some(address), true) => address.clone(),
            (None, true) => "-".to_owned(),
            (_, false) => "nothing listens".to_owned(),
        };
        [plain(&row.label).into_owned(), row.port.to_string(), "private".to_owned(), address]
    }));
    let width = |column: usize| cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &[String; 4]| {
        let row = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", row.collect::<Vec<_>>().join("  ").trim_end())
    };
    cells.iter().map(line).collect()
}

/// Returns the ports that are named or listened on. What is to be left alone where something listens (`onAutoForward`) is only there by name.
fn rows(
    ports: &Ports,
    listening: &BTreeMap<u16, Listener>,
    details: Option<&ContainerDetails>,
    is_near: bool,
) -> Vec<Row> {
    let published = details.map_or(&[][..], |details| &details.published);
    let named = ports.forwarded.iter().copied().chain(published.iter().map(|(inside, _)| *inside));
    let attributes = |port: u16| ports.attributes(port, listening.get(&port).and_then(|one| one.command.as_deref()));
    let heard = listening.keys().copied().filter(|port| !attributes(*port).is_ignored);
    let all: BTreeSet<u16> = named.chain(heard).collect();
    let row = |port: u16| {
        let at = listening.get(&port).map(|one| &one.addresses);
        let outside = published.iter().find(|(inside, _)| *inside == port).map(|(_, outside)| outside.clone());
        // What listens on the loopback alone is not reached from outside of the container.
        let is_open = at.is_some_and(|addresses| addresses.iter().any(|address| !address.is_loopback()));
        let network = details.and_then(|details| details.addresses.first()).filter(|_| is_near);
        let address = outside.or_else(|| network.map(|address| format!("{address}:{port}"))).filter(|_| is_open);
        Row { port, label: attributes(port).label.unwrap_or_default(), is_listened_on: at.is_some(), address }
    };
    all.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_named_or_listened_on_and_has_an_address_where_it_can_be_reached() {
        let label = r#"[{"forwardPorts": [3000, 5000], "portsAttributes": {"3000": {"label": "web"}, "22": {"onAutoForward": "ignore"}}}]"#;
        let ports = Ports::of(&Entry::of_label(label).expect("a label"));
        let at = |text: &str| Listener { addresses: vec![text.parse().expect("an address")], ..Listener::default() };
        let listening = [(22, "0.0.0.0"), (3000, "127.0.0.1"), (8000, "0.0.0.0"), (9000, "::"), (9001, "::1")];
        let listening: BTreeMap<u16, Listener> = listening.map(|(port, address)| (port, at(address))).into();
        let details = ContainerDetails {
            published: vec![(8000, "127.0.0.1:8001".to_owned())],
            addresses: vec!["172.17.0.2".to_owned()],
            ..ContainerDetails::default()
        };
        let shown = |is_near: bool| {
            let rows = rows(&ports, &listening, Some(&details), is_near);
            let row = |row: &Row| format!("{} {} {}", row.port, row.label, row.address.as_deref().unwrap_or("-"));
            rows.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(shown(true), ["3000 web -", "5000  -", "8000  127.0.0.1:8001", "9000  172.17.0.2:9000", "9001  -"]);
        assert_eq!(shown(false)[3], "9000  -");
        let text = table(&super::rows(&ports, &listening, None, false));
        assert_eq!(text.lines().next(), Some("LABEL  PORT  VISIBILITY  ADDRESS"));
        assert!(text.contains("web    3000  private     -\n"), "{text}");
        assert!(text.contains("       5000  private     nothing listens\n"), "{text}");
    }
}
