//! What happened, as the command line says it: with a customer or a lead.

use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    interaction::{Channel, Direction},
    kernel::Timestamp,
};

use crate::when;

#[derive(Debug, Args)]
pub(crate) struct Happened {
    /// phone, email, visit, meeting, chat, letter, event or other.
    #[arg(long, value_parser = channel)]
    pub(crate) channel: Channel,
    /// inbound, outbound or internal.
    #[arg(long, default_value = "outbound", value_parser = direction)]
    pub(crate) direction: Direction,
    /// When it happened. [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = when::instant)]
    pub(crate) at: Option<Timestamp>,
    /// How long it took, in minutes.
    #[arg(long)]
    pub(crate) minutes: Option<i64>,
    /// Who of us: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    pub(crate) staff: Option<String>,
    /// Where.
    #[arg(long)]
    pub(crate) place: Option<String>,
    /// What it was about, in a line.
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// What was said.
    #[arg(long)]
    pub(crate) content: Option<String>,
    /// What came of it.
    #[arg(long)]
    pub(crate) outcome: Option<String>,
    /// What is to be done next: it becomes a task.
    #[arg(long, value_name = "TEXT")]
    pub(crate) next_step: Option<String>,
    /// By when, such as 2018-01-05.
    #[arg(long, value_name = "DAY", value_parser = when::day, requires = "next_step")]
    pub(crate) due: Option<NaiveDate>,
    /// By whom; without it, by who it was of us.
    #[arg(long, value_name = "NAME", requires = "next_step")]
    pub(crate) owner: Option<String>,
}

fn channel(text: &str) -> Result<Channel, String> {
    text.parse()
}

fn direction(text: &str) -> Result<Direction, String> {
    text.parse()
}
