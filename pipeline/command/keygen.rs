//! `affiant keygen`

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::terminal::Terminal;
use super::{Verdict, chance, passphrase};
use crate::cli::Keygen;
use crate::error::{Error, Result};
use crate::format::ed25519::SigningKey;
use crate::format::{allowed_signers, layout, private_key};
use crate::io;
use crate::render::text::plain;

pub fn run(args: Keygen, terminal: &mut Terminal) -> Result<Verdict> {
    let (private_file, public_file) = (&args.file, beside(&args.file));
    if let Some(taken) = [private_file, &public_file].into_iter().find(|path| io::exists(path)) {
        return Err(Error::Usage(format!("{} exists; a key is never overwritten", taken.display())));
    }
    let comment = args.comment.map_or_else(|| io::name_of(private_file), Ok)?;
    let passphrase = if args.no_passphrase { None } else { Some(new_passphrase()?) };

    let key = SigningKey::from_seed(&Zeroizing::new(chance::bytes()?));
    let public = key.verifying_key();
    let line = allowed_signers::line(&comment, layout::NAMESPACE, &public).ok_or_else(|| {
        Error::Usage(format!("{comment:?} names nobody in a line of allowed_signers; say another --comment"))
    })?;
    let private = match passphrase {
        Some(passphrase) => private_key::to_openssh_locked(&key, &comment, &passphrase, &chance::bytes()?),
        None => private_key::to_openssh(&key, &comment),
    };
    io::secret::write_new(private_file, private.as_bytes())?;
    io::write_new(&public_file, format!("{}\n", public.to_openssh_line(&comment)).as_bytes())?;

    terminal.print(&format!("{line}\n"))?;
    let (private_file, public_file) = (private_file.display().to_string(), public_file.display().to_string());
    terminal.say(&format!(
        "made {}, which stays with you, and {}, fingerprint {}\nhand out the line above, by a way your readers trust\n",
        plain(&private_file),
        plain(&public_file),
        public.fingerprint()
    ));
    Ok(Verdict::Good)
}

/// The public key's file: the private one's name and `.pub`.
fn beside(private: &Path) -> PathBuf {
    let mut name = private.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn new_passphrase() -> Result<Zeroizing<String>> {
    let asked = |prompt: &str| {
        passphrase::ask(prompt)?.ok_or_else(|| {
            let why = "there is no terminal to ask for a passphrase on; --no-passphrase makes a key that lies open";
            Error::Usage(why.to_owned())
        })
    };
    let passphrase = asked("Passphrase for the new key: ")?;
    if passphrase.is_empty() {
        return Err(Error::Usage("an empty passphrase locks nothing; --no-passphrase says that on purpose".to_owned()));
    }
    if asked("The same once more: ")? != passphrase {
        return Err(Error::Usage("the two passphrases differ; no key was made".to_owned()));
    }
    Ok(passphrase)
}
