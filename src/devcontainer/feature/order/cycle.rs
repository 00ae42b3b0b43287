//! Features that wait for each other, named one by one.

use super::Worklist;
use super::node::Asker;
use super::rounds::waits_for;

impl Worklist<'_> {
    /// Names a cycle among nodes that all wait; returns one of its nodes, and the words.
    pub(super) fn cycle(&self, rest: &[usize]) -> (usize, String) {
        let is_installed: Vec<bool> = (0..self.nodes.len()).map(|at| !rest.contains(&at)).collect();
        // Each waits for another one of them, so that walking on comes back to one that was passed.
        let next = |at: usize| {
            let (edge, is_dependency) = waits_for(self.nodes.get(at)?, &is_installed)?;
            Some((*edge.to.first()?, edge, is_dependency))
        };
        let mut path: Vec<usize> = Vec::new();
        let mut at = rest.first().copied().unwrap_or_default();
        while !path.contains(&at) {
            path.push(at);
            let Some((to, _, _)) = next(at) else { break };
            at = to;
        }
        let members = path.iter().skip_while(|one| **one != at).copied();
        let member = |(number, at): (usize, usize)| {
            let (to, edge, is_dependency) = next(at)?;
            let verb = if is_dependency { "depends on" } else { "installs after" };
            let who = if number == 0 { format!("`{}`", self.written(at)) } else { "which".to_owned() };
            Some(format!("{who} {verb} `{}` ({})", self.written(to), self.place(Asker::Feature(at), &edge.id.span)))
        };
        let chain: Vec<String> = members.enumerate().filter_map(member).collect();
        (at, format!("Features wait for each other: {}", chain.join(", ")))
    }

    fn written(&self, at: usize) -> &str {
        self.nodes.get(at).map_or("", |node| &node.request.written)
    }
}
