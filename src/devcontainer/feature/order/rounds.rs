//! The rounds of an installation: what waits for nothing any more is installed, of that only what has the highest priority.

use std::cmp::Ordering;

use super::node::{Edge, Node};

/// Returns the nodes in order. An error is those that wait for each other.
pub(super) fn rounds(nodes: &[Node]) -> Result<Vec<usize>, Vec<usize>> {
    let mut is_installed = vec![false; nodes.len()];
    let mut order = Vec::new();
    let mut rest: Vec<usize> = (0..nodes.len()).collect();
    while !rest.is_empty() {
        let ready = |at: &&usize| nodes.get(**at).is_some_and(|node| waits_for(node, &is_installed).is_none());
        let ready: Vec<usize> = rest.iter().filter(ready).copied().collect();
        let priority = |at: &usize| nodes.get(*at).map_or(0, |node| node.priority);
        let Some(highest) = ready.iter().map(priority).max() else { return Err(rest) };
        let round: Vec<usize> = ready.into_iter().filter(|at| priority(at) == highest).collect();
        for at in &round {
            if let Some(one) = is_installed.get_mut(*at) {
                *one = true;
            }
        }
        rest.retain(|at| !is_installed.get(*at).copied().unwrap_or_default());
        order.extend(sorted(round, &|one, other| match (nodes.get(one), nodes.get(other)) {
            (Some(one), Some(other)) => one.compare(other),
            _ => Ordering::Equal,
        }));
    }
    Ok(order)
}

/// Returns what a node still waits for, and whether that is one that it depends on.
pub(super) fn waits_for<'a>(node: &'a Node, is_installed: &[bool]) -> Option<(&'a Edge, bool)> {
    let is_met = |edge: &&Edge| edge.to.iter().any(|at| is_installed.get(*at).copied().unwrap_or_default());
    let unmet = |edges: &'a [Edge]| edges.iter().find(|edge| !is_met(edge));
    unmet(&node.depends_on).map(|edge| (edge, true)).or_else(|| unmet(&node.installs_after).map(|edge| (edge, false)))
}

/// Sorts stably. The comparison is the reference's, and no order among Features of several kinds or names: the standard library's sort may panic
/// over such a one.
fn sorted(mut round: Vec<usize>, compare: &impl Fn(usize, usize) -> Ordering) -> Vec<usize> {
    if round.len() < 2 {
        return round;
    }
    let right = sorted(round.split_off(round.len() / 2), compare);
    let left = sorted(round, compare);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let next = if compare(*one, *other).is_gt() { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left.chain(right));
    merged
}
