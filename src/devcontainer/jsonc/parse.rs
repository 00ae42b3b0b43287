//! From tokens to values.

use super::scan::{Kind, Scanner, Token};
use super::{Content, Fault, Member, Node};

/// How deep lists and objects may stand in each other. (Reference CLI: as deep as its stack holds.)
const DEEPEST: usize = 200;

/// Reads one object; with it, what is imperfect in the text and changes nothing of its meaning. An error is what would lose a part of it.
pub(in crate::devcontainer) fn parse(text: &str) -> Result<(Node, Vec<Fault>), Fault> {
    let mut parser = Parser { scanner: Scanner::new(text), next: Token { kind: Kind::End, span: 0..0 }, depth: 0 };
    parser.advance()?;
    let start = parser.next.span.clone();
    while parser.next.kind == Kind::Junk {
        parser.advance()?;
    }
    let first = parser.next.span.clone();
    match &parser.next.kind {
        Kind::OpenBrace => {}
        Kind::End if start == first => {
            return Err(Fault { span: 0..0, problem: "the file is empty: expected an object: { … }".to_owned() });
        }
        Kind::CloseBrace
        | Kind::OpenBracket
        | Kind::CloseBracket
        | Kind::Comma
        | Kind::Colon
        | Kind::Text(_)
        | Kind::CutText(_)
        | Kind::Number(_)
        | Kind::Word(_)
        | Kind::Junk
        | Kind::End => return Err(Fault { span: start, problem: "expected an object: { … }".to_owned() }),
    }
    if start != first {
        parser.scanner.tolerate(start.start..first.start, "this is not read: the configuration begins at the first {");
    }
    let node = parser.value()?.unwrap_or(Node { span: first, content: Content::Object(Vec::new()) });
    let after = parser.next.span.clone();
    if parser.next.kind != Kind::End {
        parser.scanner.tolerate(after, "this is not read: the configuration has ended before it");
    }
    Ok((node, parser.scanner.tolerated))
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    next: Token,
    depth: usize,
}

impl Parser<'_> {
    /// Returns the token that is next, and reads the one behind it.
    fn advance(&mut self) -> Result<Token, Fault> {
        // What stands behind the object is not looked into.
        let next = match self.scanner.next() {
            Err(_) if self.depth == 0 && self.next.kind == Kind::CloseBrace => {
                Token { kind: Kind::Junk, span: self.next.span.clone() }
            }
            other => other?,
        };
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn fault<T>(&self, problem: impl Into<String>) -> Result<T, Fault> {
        let span = self.next.span.clone();
        Err(Fault { span: span.start..span.end.max(span.start + 1), problem: problem.into() })
    }

    fn cut(&mut self) {
        let end = self.next.span.end;
        let problem = "the file ends here, in the middle of the configuration";
        if self.scanner.tolerated.last().is_none_or(|last| last.problem != problem) {
            self.scanner.tolerate(end..end, problem);
        }
    }

    /// Reads a value; nothing where none begins here.
    fn value(&mut self) -> Result<Option<Node>, Fault> {
        let span = self.next.span.clone();
        let content = match &self.next.kind {
            Kind::OpenBrace | Kind::OpenBracket => return self.nested().map(Some),
            Kind::Text(text) => Content::Text(text.clone()),
            Kind::CutText(text) => {
                let text = text.clone();
                self.cut();
                Content::Text(text)
            }
            Kind::Number(number) => Content::Number(*number),
            Kind::Word("true") => Content::Bool(true),
            Kind::Word("false") => Content::Bool(false),
            Kind::Word(_) => Content::Null,
            Kind::CloseBrace | Kind::CloseBracket | Kind::Comma | Kind::Colon | Kind::Junk | Kind::End => {
                return Ok(None);
            }
        };
        self.advance()?;
        Ok(Some(Node { span, content }))
    }

    fn nested(&mut self) -> Result<Node, Fault> {
        if self.depth == DEEPEST {
            return self.fault(format!("more than {DEEPEST} lists and objects stand in each other"));
        }
        self.depth += 1;
        let open = self.advance()?;
        let content = if open.kind == Kind::OpenBrace {
            self.object().map(Content::Object)
        } else {
            self.list().map(Content::List)
        }?;
        self.depth -= 1;
        let end = self.next.span.end;
        self.advance()?;
        Ok(Node { span: open.span.start..end, content })
    }

    /// Reads members up to the closing brace, which is next then.
    fn object(&mut self) -> Result<Vec<Member>, Fault> {
        let mut members = Vec::new();
        let mut comma = Comma::Before;
        loop {
            match &self.next.kind {
                Kind::CloseBrace => return Ok(members),
                Kind::End => {
                    self.cut();
                    return Ok(members);
                }
                Kind::CutText(_) => {
                    self.cut();
                    self.advance()?;
                }
                Kind::Comma => comma = self.comma(comma)?,
                Kind::Text(name) => {
                    let name = name.clone();
                    self.after_value(comma);
                    comma = Comma::Due;
                    members.extend(self.member(name)?);
                }
                Kind::Junk => self.junk()?,
                Kind::CloseBracket => return self.fault("expected `}`: this bracket closes nothing"),
                Kind::OpenBrace | Kind::OpenBracket | Kind::Colon | Kind::Number(_) | Kind::Word(_) => {
                    return self.fault("expected a property's name in double quotes");
                }
            }
        }
    }

    fn member(&mut self, name: String) -> Result<Option<Member>, Fault> {
        let name_span = self.advance()?.span;
        if self.next.kind == Kind::End {
            return Ok(None);
        }
        if self.next.kind != Kind::Colon {
            return Err(Fault {
                span: name_span,
                problem: format!("`{name}` has no colon behind it, and is lost with its value"),
            });
        }
        self.advance()?;
        if self.next.kind == Kind::End {
            return Ok(None);
        }
        match self.value()? {
            Some(node) => Ok(Some(Member { name, name_span, node })),
            None => self.fault(format!("expected the value of `{name}`; texts stand in double quotes")),
        }
    }

    /// Goes over what is no JSON, where a name could stand: it is no comment, but harms nothing.
    fn junk(&mut self) -> Result<(), Fault> {
        let first = self.next.span.clone();
        let mut end = first.end;
        while self.next.kind == Kind::Junk {
            end = self.advance()?.span.end;
        }
        if self.next.kind == Kind::Colon {
            return Err(Fault {
                span: first.start..end,
                problem: "a property's name stands in double quotes".to_owned(),
            });
        }
        self.scanner.tolerate(first.start..end, "this is no JSON, and not read; a comment begins with //");
        Ok(())
    }

    /// Reads values up to the closing bracket, which is next then.
    fn list(&mut self) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        let mut comma = Comma::Before;
        loop {
            match &self.next.kind {
                Kind::CloseBracket => return Ok(items),
                Kind::End => {
                    self.cut();
                    return Ok(items);
                }
                Kind::Comma => comma = self.comma(comma)?,
                Kind::CloseBrace => return self.fault("expected `]`: the list that is open here does not end"),
                Kind::Colon | Kind::Junk => return self.fault("expected a value; texts stand in double quotes"),
                Kind::OpenBrace
                | Kind::OpenBracket
                | Kind::Text(_)
                | Kind::CutText(_)
                | Kind::Number(_)
                | Kind::Word(_) => {
                    self.after_value(comma);
                    comma = Comma::Due;
                    items.extend(self.value()?);
                }
            }
        }
    }

    fn comma(&mut self, comma: Comma) -> Result<Comma, Fault> {
        let span = self.advance()?.span;
        if comma == Comma::Before {
            self.scanner.tolerate(span, "there is a comma too many");
        }
        Ok(Comma::Before)
    }

    fn after_value(&mut self, comma: Comma) {
        if comma == Comma::Due {
            let span = self.next.span.clone();
            self.scanner.tolerate(span.start..span.start + 1, "a comma is missing before this");
        }
    }
}

/// Whether a comma has to stand before the next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comma {
    /// At the beginning, or behind a comma.
    Before,
    /// Behind a value.
    Due,
}
