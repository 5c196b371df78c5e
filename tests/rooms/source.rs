//! Reads Rust source as words: names, `::` and punctuation, without comments, strings and characters.
//!
//! Not a parser. It knows just enough to say which room and which crate a file names, on which line, and whether that
//! line is in code that only tests see.

/// One word of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    Name(&'a str),
    /// `::`
    Path,
    Mark(char),
}

/// A file's words, each with its line (from 1), and the lines of its comments that hold a reason.
pub struct Source<'a> {
    pub words: Vec<(Word<'a>, usize)>,
    pub comments: Vec<(&'a str, usize)>,
    pub lines: usize,
}

impl<'a> Source<'a> {
    pub fn read(text: &'a str) -> Self {
        let mut reader = Reader { text, at: 0, line: 1, words: Vec::new(), comments: Vec::new() };
        while reader.step() {}
        Self { words: reader.words, comments: reader.comments, lines: text.lines().count() }
    }

    /// Whether a comment with `mark` stands on `line` or at most `above` lines over it.
    pub fn has_reason(&self, mark: &str, line: usize, above: usize) -> bool {
        self.comments.iter().any(|(text, at)| text.contains(mark) && *at <= line && at + above >= line)
    }

    /// The ranges of words (start, end) and lines (first, last) under a `#[cfg(test)]`.
    pub fn test_regions(&self) -> Vec<Region> {
        let start = [Word::Mark('#'), Word::Mark('['), Word::Name("cfg"), Word::Mark('('), Word::Name("test")];
        let mut regions: Vec<Region> = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let found = self.words[at..].len() >= start.len()
                && self.words[at..].iter().zip(start).all(|((word, _), expected)| *word == expected);
            if !found {
                at += 1;
                continue;
            }
            let end = self.end_of_item(at);
            let line = self.words[end.min(self.words.len() - 1)].1;
            regions.push(Region { words: at..=end, lines: self.words[at].1..=line });
            at = end + 1;
        }
        regions
    }

    /// Names of the `mod name;` that stand under a `#[cfg(test)]`: their files are tests too.
    pub fn test_modules(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        for region in self.test_regions() {
            let words = &self.words[*region.words.start()..=(*region.words.end()).min(self.words.len() - 1)];
            if let [.., (Word::Name("mod"), _), (Word::Name(name), _), (Word::Mark(';'), _)] = words {
                names.push(*name);
            }
        }
        names
    }

    /// The last word of the item whose first attribute starts at `at`: its `;` or the brace that closes it.
    fn end_of_item(&self, at: usize) -> usize {
        let mut depth = 0_i32;
        for (index, (word, _)) in self.words.iter().enumerate().skip(at) {
            match word {
                Word::Mark('{' | '[' | '(') => depth += 1,
                Word::Mark(close @ ('}' | ']' | ')')) => {
                    depth -= 1;
                    if depth == 0 && *close == '}' {
                        return index;
                    }
                }
                Word::Mark(';') if depth == 0 => return index,
                _ => {}
            }
        }
        self.words.len() - 1
    }
}

/// A stretch of a file.
#[derive(Clone, Debug)]
pub struct Region {
    pub words: std::ops::RangeInclusive<usize>,
    pub lines: std::ops::RangeInclusive<usize>,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    words: Vec<(Word<'a>, usize)>,
    comments: Vec<(&'a str, usize)>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        self.line += self.text[self.at..end].matches('\n').count();
        self.at = end;
    }

    /// Takes one word, or what is not a word, off the front; `false` at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            self.comments.push((&rest[..length], self.line));
            self.skip(length);
        } else if rest.starts_with("/*") {
            let length = block_comment(rest);
            self.comments.push((&rest[..length], self.line));
            self.skip(length);
        } else if let Some(length) = literal(rest) {
            self.skip(length);
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.words.push((Word::Name(&rest[..length]), self.line));
            self.skip(length);
        } else if first.is_ascii_digit() {
            self.skip(rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()));
        } else if rest.starts_with("::") {
            self.words.push((Word::Path, self.line));
            self.skip(2);
        } else {
            if !first.is_whitespace() {
                self.words.push((Word::Mark(first), self.line));
            }
            self.skip(first.len_utf8());
        }
        true
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string or character that `rest` starts with; a lifetime counts as one, for it names nothing.
fn literal(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c: char| !matches!(c, 'b' | 'c' | 'r')).unwrap_or(0);
    let tail = &rest[prefix..];
    let raw = rest[..prefix].ends_with('r');
    if prefix > 2 {
        return None;
    }
    let hashes = tail.find(|c| c != '#').unwrap_or(0);
    if raw && tail[hashes..].starts_with('"') {
        let close = format!("\"{}", "#".repeat(hashes));
        let body = prefix + hashes + 1;
        return Some(rest[body..].find(&close).map_or(rest.len(), |end| body + end + close.len()));
    }
    if tail.starts_with('"') {
        return Some(prefix + quoted(tail, '"'));
    }
    if let Some(inside) = tail.strip_prefix('\'') {
        let mut letters = inside.chars();
        let (first, second) = (letters.next(), letters.next());
        if first == Some('\\') || second == Some('\'') {
            return Some(prefix + quoted(tail, '\''));
        }
        // A lifetime: skip its name with it.
        return (prefix == 0)
            .then(|| 1 + inside.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inside.len()));
    }
    None
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[test]
fn comments_strings_and_characters_name_nothing() {
    let text = r##"// crate::a
/* crate::b /* nested */ crate::c */ "crate::d \" crate::e" r#"crate::f" crate::g"# b'x' '\'' 'l' &'life y::z"##;
    let source = Source::read(text);
    let words: Vec<_> = source.words.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, [Word::Mark('&'), Word::Name("y"), Word::Path, Word::Name("z")]);
    assert_eq!(source.words[0].1, 2);
}

#[test]
fn test_code_is_told_from_the_rest() {
    let source =
        Source::read("use a::b;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod more {\n fn x() {}\n}\nfn y() {}\n");
    let lines: Vec<_> = source.test_regions().into_iter().map(|region| region.lines).collect();
    assert_eq!(lines, [2..=3, 4..=7]);
    assert_eq!(source.test_modules(), ["tests"]);
}
