//! `affiant pubkey`

use super::Verdict;
use super::key::{self, StoredKey};
use super::terminal::Terminal;
use crate::cli::{KeyArg, Pubkey, PublicForm};
use crate::error::{Error, Result};
use crate::format::allowed_signers::{self, AllowedSigners};
use crate::format::note::NoteKey;
use crate::format::public_key::PublicKeyLine;
use crate::format::{layout, minisig};
use crate::render::text::plain;

pub fn run(args: Pubkey, terminal: &mut Terminal) -> Result<Verdict> {
    for line in keys(&args.key, args.form)? {
        terminal.print(&printed(&line, &args)?)?;
    }
    Ok(Verdict::Good)
}

/// The key of a key file; or those of an allowed_signers file, each with its principals for a comment.
fn keys(key: &KeyArg, form: PublicForm) -> Result<Vec<PublicKeyLine>> {
    let content = key::content(key)?;
    match key::stored(key, &content)? {
        Some(StoredKey::Private(file)) => Ok(vec![file.public()]),
        Some(StoredKey::Public(line)) => Ok(vec![line]),
        // Its lines may hold for a time or a purpose only, which a new line would not say.
        None if form == PublicForm::AllowedSigners => {
            Err(key::unusable(key, "not a key file; an allowed_signers file is handed out as it is"))
        }
        None => listed(&content).map_err(|why| key::unusable(key, why)),
    }
}

fn listed(content: &[u8]) -> std::result::Result<Vec<PublicKeyLine>, String> {
    let neither = |why: &str| format!("neither a key file nor an allowed_signers file ({why})");
    let text = std::str::from_utf8(content).map_err(|_| neither("not UTF-8"))?;
    let signers = AllowedSigners::parse(text).map_err(|error| neither(&error.to_string()))?;
    let line = |(principals, key): (&str, &_)| PublicKeyLine { key: Clone::clone(key), comment: principals.to_owned() };
    let lines: Vec<_> = signers.named_keys().map(line).collect();
    if lines.is_empty() { Err("no ssh-ed25519 key is listed".to_owned()) } else { Ok(lines) }
}

fn printed(line: &PublicKeyLine, args: &Pubkey) -> Result<String> {
    match args.form {
        PublicForm::Ssh => Ok(plain(&line.to_string()) + "\n"),
        PublicForm::AllowedSigners => {
            let principal = args.principal.as_ref().unwrap_or(&line.comment);
            let signer = allowed_signers::line(principal, layout::NAMESPACE, &line.key);
            let unnamed = || {
                Error::Usage(format!("{principal:?} names nobody in a line of allowed_signers; say --principal NAME"))
            };
            Ok(plain(&signer.ok_or_else(unnamed)?) + "\n")
        }
        PublicForm::Minisign => Ok(minisig::public_key(&line.key)),
        PublicForm::Pem => Ok(line.key.to_pem()),
        PublicForm::Note => {
            let origin = args.origin.as_deref().unwrap_or_default();
            let key = NoteKey::log(origin, line.key.clone());
            Ok(format!("{}\n", key.map_err(|error| Error::Usage(format!("{origin:?}: {error}")))?))
        }
    }
}
