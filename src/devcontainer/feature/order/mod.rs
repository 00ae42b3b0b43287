//! The order in which Features are installed: a worklist that says which ones it has to know, and sorts them in rounds when it knows them all.
//!
//! Nothing is fetched for `installsAfter` and `overrideFeatureInstallOrder`: what they name matters only where it is installed anyway.
//! (Reference CLI: asks a registry for each of them, and fails where one cannot be reached.)

mod cycle;
mod node;
mod remarks;
mod rounds;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use self::node::{Asker, Edge, Node, Request};
use super::id::FeatureId;
use super::metadata::{Metadata, Requested};
use super::old_names;
use super::options::Options;
use super::source::Source;
use crate::devcontainer::document::{ConfigError, Document, Spanned};
use crate::devcontainer::finding::{Finding, Rule};
use crate::devcontainer::{Configuration, Variables};

/// The most Features of one configuration, those that others bring included.
const MOST: usize = 1000;

/// A Feature that has to be known before the order can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    pub id: FeatureId,
    /// Its id, as it is written: what a lockfile calls it.
    pub written: String,
    by: Asker,
    span: Range<usize>,
}

/// What is known of a Feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Where it was found.
    pub source: Source,
    /// Its devcontainer-feature.json.
    pub metadata: Metadata,
}

/// A Feature that is installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its id, as it is written.
    pub written: String,
    /// What it is asked for.
    pub options: Options,
    /// Where it was found.
    pub source: Source,
    /// Its devcontainer-feature.json.
    pub metadata: Metadata,
    /// Where it is asked for: `file:line:column`, or words.
    pub place: String,
    /// The place in the configuration of the Feature that it is there for; nothing where that is none of the file's.
    pub root: Option<Range<usize>>,
    /// Whether it is asked for on the command line alone.
    pub is_additional: bool,
}

/// What came of ordering.
#[derive(Debug)]
pub struct Ordered {
    /// The Features, the first to be installed first.
    pub features: Result<Vec<Feature>, ConfigError>,
    /// What is to be said, at places of the configuration.
    pub findings: Vec<Finding>,
    /// What the Features of the repository say of themselves, with what is to be said about that. Of published ones nothing is: who configures
    /// them cannot change them.
    pub local: Vec<Metadata>,
}

/// The Features of a configuration, as far as they are known.
#[derive(Debug)]
pub struct Worklist<'a> {
    config: &'a Configuration,
    folder: &'a str,
    queue: VecDeque<(Request, FeatureId)>,
    known: HashMap<FeatureId, Option<Known>>,
    /// What is left out of the order.
    skipped: Vec<FeatureId>,
    nodes: Vec<Node>,
    count: usize,
    findings: Vec<Finding>,
    fault: Option<ConfigError>,
}

impl<'a> Worklist<'a> {
    /// Begins with the Features of a configuration, its variables replaced, and those that the command line adds.
    pub fn new(config: &'a Configuration, variables: &Variables, additional: Vec<Requested>) -> Self {
        let folder = config.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut worklist = Self {
            config,
            folder,
            queue: VecDeque::new(),
            known: HashMap::new(),
            skipped: Vec::new(),
            nodes: Vec::new(),
            count: 0,
            findings: Vec::new(),
            fault: None,
        };
        match config.features(variables) {
            Ok(own) => worklist.begin(own, additional),
            Err(error) => worklist.fault = Some(error),
        }
        worklist
    }

    fn begin(&mut self, own: Vec<Requested>, additional: Vec<Requested>) {
        let is_new = |one: &Requested| !own.iter().any(|known| known.id.value == one.id.value);
        let additional: Vec<_> = additional.into_iter().filter(is_new).map(|one| (one, Asker::CommandLine)).collect();
        let all = own.into_iter().map(|one| (one, Asker::File)).chain(additional).collect();
        let all = old_names::into_options(all, &mut |by, id, note| match by {
            Asker::File => self.say(Rule::Deprecated, id.span.clone(), note),
            Asker::CommandLine | Asker::Feature(_) => {}
        });
        for (requested, by) in all {
            self.ask(Request {
                written: requested.id.value,
                options: requested.options,
                by,
                span: requested.id.span,
                edge: None,
            });
        }
    }

    /// Puts a Feature at the end of the queue, if it is one.
    fn ask(&mut self, request: Request) {
        self.count += 1;
        if self.count > MOST {
            return self.fail(
                request.by,
                request.span,
                Rule::FeatureCycle,
                format!("there are more than {MOST} Features"),
                None,
            );
        }
        match FeatureId::read(&request.written, self.folder) {
            Ok(named) => {
                if let (Some(note), Asker::File) = (named.note, request.by) {
                    self.say(Rule::Deprecated, request.span.clone(), note);
                }
                self.queue.push_back((request, named.id));
            }
            Err(error) => {
                let problem = format!("Feature `{}`: {error}", request.written);
                self.fail(request.by, request.span, Rule::FeatureId, problem, Some(error.hint));
            }
        }
    }

    /// Returns the Features that have to be known now, each once; none where nothing is left to know.
    pub fn wanted(&mut self) -> Vec<Wanted> {
        while let Some((request, id)) = self.queue.pop_front() {
            match self.known.get(&id) {
                Some(Some(known)) => {
                    let known = known.clone();
                    self.take(request, known);
                }
                Some(None) => {}
                None => {
                    self.queue.push_front((request, id));
                    break;
                }
            }
        }
        let mut wanted: Vec<Wanted> = Vec::new();
        for (request, id) in &self.queue {
            if !self.known.contains_key(id) && !wanted.iter().any(|one| one.id == *id) {
                let Request { written, by, span, .. } = request.clone();
                wanted.push(Wanted { id: id.clone(), written, by, span });
            }
        }
        wanted
    }

    /// Takes what is known of a Feature.
    pub fn know(&mut self, id: FeatureId, known: Known) {
        self.known.insert(id, Some(known));
    }

    /// Tells whether nothing is known yet for which there can be no order.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }

    /// Takes that a Feature cannot be known; `problem` fits behind its id. The others are gone on with, so that all of it can be told.
    pub fn give_up(&mut self, wanted: &Wanted, rule: Rule, problem: &str, hint: Option<String>) {
        self.known.insert(wanted.id.clone(), None);
        let problem = format!("Feature `{}`: {problem}", wanted.written);
        self.fail(wanted.by, wanted.span.clone(), rule, problem, hint);
    }

    /// Leaves a Feature out of the order, and what only it would bring.
    pub fn skip(&mut self, id: FeatureId) {
        self.known.insert(id.clone(), None);
        self.skipped.push(id);
    }

    /// Takes something to be said about a Feature; `problem` fits behind its id.
    pub fn remark(&mut self, about: &Wanted, rule: Rule, problem: &str) {
        let root = self.root_of(about.by, &about.span);
        self.fail_at(root, rule, format!("Feature `{}`: {problem}", about.written), None);
    }

    /// Makes a node of a Feature, unless there is an equal one, and asks for what it depends on.
    fn take(&mut self, request: Request, known: Known) {
        let (edge, mut node) = (request.edge, Node::new(request, known));
        let equal = self.nodes.iter().position(|other| other.is_equal(&node));
        let at = equal.unwrap_or(self.nodes.len());
        if let Some((from, at_edge)) = edge {
            let edge = self.nodes.get_mut(from).and_then(|from| from.depends_on.get_mut(at_edge));
            if let Some(edge) = edge {
                edge.to.push(at);
            }
        }
        if equal.is_some() {
            return;
        }
        let depends_on = node.metadata.depends_on.clone();
        node.depends_on = depends_on.iter().map(|one| Edge::new(one.id.clone())).collect();
        self.nodes.push(node);
        for (number, Requested { id: Spanned { value, span }, options }) in depends_on.into_iter().enumerate() {
            self.ask(Request { written: value, options, by: Asker::Feature(at), span, edge: Some((at, number)) });
        }
    }

    /// Sorts the Features.
    pub fn ordered(mut self) -> Ordered {
        self.set_priorities();
        self.set_soft_edges();
        for node in &mut self.nodes {
            // What is not known is not waited for: a fault of its own, or left out.
            node.depends_on.retain(|edge| !edge.to.is_empty());
        }
        remarks::remarks(&mut self);
        let features = match rounds::rounds(&self.nodes) {
            Ok(order) => order.into_iter().filter_map(|at| self.feature(at)).collect(),
            Err(rest) => {
                let (first, problem) = self.cycle(&rest);
                let hint = "one of them has to stop waiting for the other".to_owned();
                let error = self.error(self.root(first), problem.clone(), Some(hint.clone()));
                self.fault.get_or_insert(error);
                self.fail_at(self.root(first), Rule::FeatureCycle, problem, Some(hint));
                Vec::new()
            }
        };
        let features = self.fault.map_or(Ok(features), Err);
        let mut findings = self.findings;
        findings.sort_by_key(|finding| finding.span.start);
        let is_local = |node: &&Node| matches!(node.source, Source::Local(_));
        let mut local: Vec<Metadata> = self.nodes.iter().filter(is_local).map(|node| node.metadata.clone()).collect();
        local.sort_by(|one, other| one.file.cmp(&other.file));
        local.dedup_by(|one, other| one.file == other.file);
        Ordered { features, findings, local }
    }

    /// `overrideFeatureInstallOrder`: the first has the highest priority.
    fn set_priorities(&mut self) {
        let order = self.config.feature_order();
        for (at, Spanned { value, span }) in order.iter().enumerate() {
            let id = FeatureId::read(value, self.folder).map(|named| named.id);
            let mut is_used = false;
            for node in &mut self.nodes {
                if id.as_ref().is_ok_and(|id| node.is_named(id)) {
                    is_used = true;
                    node.priority = node.priority.max(order.len() - at);
                }
            }
            // Reference CLI: an error where it names no Feature, silence where that Feature is not installed.
            let is_skipped = |id: &FeatureId| self.skipped.iter().any(|skipped| skipped.is_named_as(id));
            if !is_used && self.fault.is_none() && !id.as_ref().is_ok_and(is_skipped) {
                let why = id.map_or_else(|error| error.problem, |_| "no Feature of that name is installed".to_owned());
                self.say(Rule::FeatureOrder, span.clone(), format!("`{value}` has no effect on the order: {why}"));
            }
        }
    }

    fn set_soft_edges(&mut self) {
        let named = |id: &FeatureId| {
            let fits = self.nodes.iter().enumerate().filter(|(_, node)| node.is_named(id));
            fits.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let edge = |after: &Spanned<String>| {
            let to = FeatureId::read(&after.value, self.folder).map(|id| named(&id.id)).unwrap_or_default();
            Edge { to, ..Edge::new(after.clone()) }
        };
        let edges: Vec<Vec<Edge>> = self
            .nodes
            .iter()
            .map(|node| node.metadata.installs_after.iter().map(edge).filter(|edge| !edge.to.is_empty()).collect())
            .collect();
        for (node, edges) in self.nodes.iter_mut().zip(edges) {
            node.installs_after = edges;
        }
    }

    fn feature(&self, at: usize) -> Option<Feature> {
        let node = self.nodes.get(at)?;
        Some(Feature {
            written: node.request.written.clone(),
            options: node.request.options.clone(),
            source: node.source.clone(),
            metadata: node.metadata.clone(),
            place: self.place(node.request.by, &node.request.span),
            root: self.root(at),
            is_additional: node.request.by == Asker::CommandLine,
        })
    }

    /// Returns the place in the configuration of the Feature that a node is there for.
    fn root(&self, at: usize) -> Option<Range<usize>> {
        let request = &self.nodes.get(at)?.request;
        self.root_of(request.by, &request.span)
    }

    fn root_of(&self, by: Asker, span: &Range<usize>) -> Option<Range<usize>> {
        match by {
            Asker::File => Some(span.clone()),
            Asker::CommandLine => None,
            // A node is asked for by one that was there before it.
            Asker::Feature(at) => self.root(at),
        }
    }

    /// Returns `file:line:column` of where something is asked for.
    fn place(&self, by: Asker, span: &Range<usize>) -> String {
        let (text, file) = match by {
            Asker::File => (&self.config.text, &self.config.file),
            Asker::CommandLine => return "the command line".to_owned(),
            Asker::Feature(at) => match self.nodes.get(at) {
                Some(node) => (&node.metadata.text, &node.metadata.file),
                None => return String::new(),
            },
        };
        let (line, column) = crate::devcontainer::document::place(text, span.start);
        format!("{file}:{line}:{column}")
    }

    fn say(&mut self, rule: Rule, span: Range<usize>, problem: String) {
        self.findings.push(Finding { rule, span, problem, hint: None });
    }

    /// Keeps a fault: as a finding in the configuration, and the first one as the error of the whole, with its own place.
    fn fail(&mut self, by: Asker, span: Range<usize>, rule: Rule, problem: String, hint: Option<String>) {
        let root = self.root_of(by, &span);
        let (error, found) = match by {
            Asker::File | Asker::CommandLine => (self.error(root.clone(), problem.clone(), hint.clone()), problem),
            Asker::Feature(at) => {
                let found = format!("{}: {problem}", self.place(by, &span));
                let error = self.nodes.get(at).map(|node| node.metadata.error(span, problem.clone()));
                (
                    error.map_or_else(
                        || self.error(root.clone(), problem, None),
                        |error| ConfigError { hint: hint.clone(), ..error },
                    ),
                    found,
                )
            }
        };
        self.fault.get_or_insert(error);
        self.fail_at(root, rule, found, hint);
    }

    fn fail_at(&mut self, root: Option<Range<usize>>, rule: Rule, problem: String, hint: Option<String>) {
        self.findings.push(Finding { rule, span: root.unwrap_or(0..1), problem, hint });
    }

    fn error(&self, root: Option<Range<usize>>, problem: String, hint: Option<String>) -> ConfigError {
        match root {
            Some(span) => self.config.error(span, problem, hint),
            None => ConfigError { hint, ..Document { text: "", file: "" }.error(0..0, problem) },
        }
    }
}
