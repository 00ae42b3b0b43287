//! Finds many patterns at once (Aho and Corasick, 1975), a byte at a time. Unlike a searcher over whole texts it can say at every place
//! how much of what was read may still become a pattern, so that a stream holds back that and nothing more.

use std::collections::{BTreeMap, HashMap};

/// The longest pattern, in bytes.
pub(super) const LONGEST: usize = 256;

/// What a pattern stands for.
#[derive(Debug, Clone, Default)]
pub(super) struct Pattern {
    /// It is found also where it is broken over lines.
    pub(super) folds: bool,
    /// The forms that begin with it and go on.
    pub(super) heads: Vec<u32>,
}

/// Which patterns are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    /// Those that may be broken over lines.
    Folding,
}

/// All patterns, as states. A state stands for the longest end of what was read that is the beginning of a pattern.
pub(super) struct Automaton {
    /// In the order of their lengths, so that the children of a state stand side by side.
    states: Vec<State>,
    /// The last byte of each state.
    labels: Vec<u8>,
    /// Where each byte leads to from the states of at most one byte, which is where ordinary text keeps.
    rows: Vec<u32>,
    /// How many states have a row.
    dense: u32,
    /// Before it no state ends a pattern.
    first_end: u32,
    heads: HashMap<u32, Vec<u32>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    first_child: u32,
    /// The state of the longest proper end that is the beginning of a pattern.
    fail: u32,
    /// The first of it, `fail`, its `fail`, … at which a head ends; 0 is none.
    head: u32,
    any: Ends,
    folding: Ends,
}

/// What ends at a state, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// Of the longest pattern that ends here; 0 is none.
    pub(super) longest: u16,
    /// Of the longest end of what was read that a further byte may still make a pattern of.
    pub(super) open: u16,
}

/// The state in which nothing was read.
pub(super) const START: u32 = 0;

impl Automaton {
    /// Builds the states of `patterns`, each of 1 to [`LONGEST`] bytes.
    pub(super) fn new(patterns: &BTreeMap<Vec<u8>, Pattern>) -> Self {
        let mut made = Trie::new(patterns);
        made.link();
        let Trie { mut states, mut labels, heads, .. } = made;
        states.shrink_to_fit();
        labels.shrink_to_fit();
        let first_end = states.iter().position(|state| state.any.longest > 0).unwrap_or(states.len());
        let dense = states.first().map_or(0, |root| root.first_child)
            + u32::try_from(children(&states, START).len()).unwrap_or_default();
        let mut automaton = Self {
            states,
            labels,
            rows: Vec::new(),
            dense: 0,
            first_end: u32::try_from(first_end).unwrap_or(0),
            heads,
        };
        let rows = (0..dense).flat_map(|state| (0..=u8::MAX).map(move |byte| (state, byte)));
        automaton.rows = rows.map(|(state, byte)| automaton.next(state, byte)).collect();
        automaton.dense = dense;
        automaton
    }

    /// Returns the state after one more byte.
    pub(super) fn next(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            if state < self.dense {
                return self.rows.get(state as usize * 256 + usize::from(byte)).copied().unwrap_or(START);
            }
            if let Some(child) = child(&self.states, &self.labels, state, byte) {
                return child;
            }
            if state == START {
                return START;
            }
            state = self.state(state).fail;
        }
    }

    /// Returns whether a pattern may end at `state`; cheap.
    pub(super) const fn may_end(&self, state: u32) -> bool {
        state >= self.first_end
    }

    /// Returns what ends at `state`.
    pub(super) fn ends(&self, state: u32, wanted: Wanted) -> Ends {
        let state = self.state(state);
        match wanted {
            Wanted::All => state.any,
            Wanted::Folding => state.folding,
        }
    }

    /// Returns the forms whose heads end at `state`.
    pub(super) fn heads(&self, state: u32) -> impl Iterator<Item = u32> {
        let first = self.state(state).head;
        let ends = std::iter::successors(Some(first), |state| Some(self.state(self.state(*state).fail).head));
        ends.take_while(|state| *state != START).filter_map(|state| self.heads.get(&state)).flatten().copied()
    }

    fn state(&self, state: u32) -> State {
        self.states.get(state as usize).copied().unwrap_or_default()
    }
}

/// States on their way.
struct Trie<'a> {
    patterns: Vec<(&'a [u8], &'a Pattern)>,
    /// How many of the patterns before each one fold.
    folding: Vec<usize>,
    states: Vec<State>,
    labels: Vec<u8>,
    heads: HashMap<u32, Vec<u32>>,
}

/// The patterns from `from` to before `to` are those that begin as `state`.
#[derive(Clone, Copy)]
struct Node {
    state: usize,
    from: usize,
    to: usize,
}

impl<'a> Trie<'a> {
    fn new(patterns: &'a BTreeMap<Vec<u8>, Pattern>) -> Self {
        let patterns: Vec<_> = patterns.iter().map(|(bytes, pattern)| (bytes.as_slice(), pattern)).collect();
        let mut folding = vec![0; patterns.len() + 1];
        for (at, (_, pattern)) in patterns.iter().enumerate() {
            folding[at + 1] = folding[at] + usize::from(pattern.folds);
        }
        let to = patterns.len();
        let mut trie =
            Self { patterns, folding, states: vec![State::default()], labels: vec![0], heads: HashMap::new() };
        let mut level = vec![Node { state: 0, from: 0, to }];
        for depth in 0.. {
            level = level.into_iter().flat_map(|node| trie.grow(node, depth)).collect();
            if level.is_empty() {
                break;
            }
        }
        // One more, for where the children of the last one end.
        trie.states.push(State { first_child: trie.len(), ..State::default() });
        trie
    }

    fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    /// Adds the children of `node`, whose state has `depth` bytes.
    fn grow(&mut self, node: Node, depth: usize) -> Vec<Node> {
        let length = u16::try_from(depth).unwrap_or(u16::MAX);
        let mut state = State { first_child: self.len(), ..State::default() };
        let mut from = node.from;
        if let Some((bytes, pattern)) = self.patterns.get(from)
            && bytes.len() == depth
        {
            state.any.longest = length;
            state.folding.longest = if pattern.folds { length } else { 0 };
            if !pattern.heads.is_empty() {
                let id = u32::try_from(node.state).unwrap_or_default();
                self.heads.insert(id, pattern.heads.clone());
                state.head = id;
            }
            from += 1;
        }
        state.any.open = if from < node.to { length } else { 0 };
        state.folding.open = if self.folding[from] < self.folding[node.to] { length } else { 0 };
        self.states[node.state] = state;
        let mut grown = Vec::new();
        while from < node.to {
            let label = self.patterns[from].0[depth];
            let more = self.patterns[from..node.to].partition_point(|(bytes, _)| bytes[depth] == label);
            grown.push(Node { state: self.states.len(), from, to: from + more });
            self.states.push(State::default());
            self.labels.push(label);
            from += more;
        }
        grown
    }

    /// Finds where each state goes on when nothing follows it, and what ends there too.
    fn link(&mut self) {
        for parent in 0..self.len() - 1 {
            for child in children(&self.states, parent) {
                let fail = if parent == START { START } else { self.after_fail(parent, self.labels[child as usize]) };
                let from = self.states[fail as usize];
                let state = &mut self.states[child as usize];
                state.fail = fail;
                state.head = if state.head == 0 { from.head } else { state.head };
                state.any = state.any.or(from.any);
                state.folding = state.folding.or(from.folding);
            }
        }
    }

    fn after_fail(&self, parent: u32, label: u8) -> u32 {
        let mut state = self.states[parent as usize].fail;
        loop {
            if let Some(child) = child(&self.states, &self.labels, state, label) {
                return child;
            }
            if state == START {
                return START;
            }
            state = self.states[state as usize].fail;
        }
    }
}

impl Ends {
    /// Returns these, and those of a shorter state where there are none.
    const fn or(self, shorter: Self) -> Self {
        Self {
            longest: if self.longest > 0 { self.longest } else { shorter.longest },
            open: if self.open > 0 { self.open } else { shorter.open },
        }
    }
}

fn children(states: &[State], state: u32) -> std::ops::Range<u32> {
    let first = |at: usize| states.get(at).map_or(0, |state| state.first_child);
    first(state as usize)..first(state as usize + 1)
}

fn child(states: &[State], labels: &[u8], state: u32, byte: u8) -> Option<u32> {
    let children = children(states, state);
    let labels = labels.get(children.start as usize..children.end as usize)?;
    let at = match labels {
        [] => return None,
        [only] => (*only == byte).then_some(0)?,
        several => several.binary_search(&byte).ok()?,
    };
    Some(children.start + u32::try_from(at).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_knows_what_ends_and_what_may_become_a_pattern(
            patterns in prop::collection::btree_map("[ab]{1,5}|[abc]{2,7}".prop_map(String::into_bytes), any::<bool>(), 1..8),
            text in "[abcd]{0,40}",
        ) {
            let map = patterns.iter().zip(0..).map(|((bytes, folds), id)| (bytes.clone(), Pattern { folds: *folds, heads: vec![id] }));
            let automaton = Automaton::new(&map.collect());
            let mut state = START;
            for (at, byte) in text.bytes().enumerate() {
                state = automaton.next(state, byte);
                let read = &text.as_bytes()[..=at];
                for wanted in [Wanted::All, Wanted::Folding] {
                    let of = || patterns.iter().filter(|(_, folds)| wanted == Wanted::All || **folds).map(|(bytes, _)| bytes);
                    let longest = of().filter(|pattern| read.ends_with(pattern)).map(Vec::len).max().unwrap_or(0);
                    let begins = |length: &usize| of().any(|pattern| pattern.len() > *length && pattern.starts_with(&read[read.len() - length..]));
                    let open = (1..=read.len()).rev().find(begins).unwrap_or(0);
                    let ends = automaton.ends(state, wanted);
                    prop_assert_eq!((usize::from(ends.longest), usize::from(ends.open)), (longest, open));
                    prop_assert!(longest == 0 || automaton.may_end(state));
                }
                let mut heads: Vec<u32> = automaton.heads(state).collect();
                heads.sort_unstable();
                let ending = patterns.keys().zip(0..).filter(|(pattern, _)| read.ends_with(pattern)).map(|(_, id)| id);
                prop_assert_eq!(heads, ending.collect::<Vec<u32>>());
            }
        }
    }
}
