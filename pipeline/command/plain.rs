//! Verbs that print what the tool knows about itself: `explain`, `schema`, `completions`, `man`.

use clap::CommandFactory;

use super::Verdict;
use super::terminal::Terminal;
use crate::cli::{Cli, Completions, Explain, Man, Schema};
use crate::error::{Error, Result};
use crate::finding::Code;
use crate::format::schema;
use crate::model::change_class::ChangeClass;
use crate::render::{class, text};

pub fn explain(args: Explain, terminal: &mut Terminal) -> Result<Verdict> {
    let printed = match args.code {
        Some(name) => {
            let class = name.parse::<ChangeClass>().map(class::explanation);
            let code = name.parse::<Code>().map(text::explanation);
            code.ok().or(class.ok()).ok_or_else(|| {
                Error::Usage(format!("no finding and no change is called {name:?}; `affiant explain` lists them all"))
            })?
        }
        None => text::codes() + &class::classes(),
    };
    terminal.print(&printed)?;
    Ok(Verdict::Good)
}

pub fn schema(args: Schema, terminal: &mut Terminal) -> Result<Verdict> {
    let names = || schema::ALL.iter().map(|schema| schema.name).collect::<Vec<_>>();
    match args.name {
        Some(name) => {
            let unknown = || Error::Usage(format!("no schema {name:?}; there are {}", names().join(", ")));
            terminal.print(schema::named(&name).ok_or_else(unknown)?.text)?;
        }
        None => terminal.print(&(names().join("\n") + "\n"))?,
    }
    Ok(Verdict::Good)
}

pub fn completions(args: Completions, terminal: &mut Terminal) -> Result<Verdict> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "affiant", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Verdict::Good)
}

pub fn man(args: Man, terminal: &mut Terminal) -> Result<Verdict> {
    // Building carries the options that every verb has down to the verbs.
    let mut tool = Cli::command();
    tool.build();
    let page = match args.verb {
        None => tool,
        Some(verb) => {
            let unknown = || Error::Usage(format!("no verb {verb:?}; see `affiant --help`"));
            let found = tool.find_subcommand(&verb).cloned().ok_or_else(unknown)?;
            found.display_name(format!("affiant-{verb}"))
        }
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page).render(&mut roff).map_err(Error::io("the manual page"))?;
    terminal.print(&String::from_utf8_lossy(&roff))?;
    Ok(Verdict::Good)
}
