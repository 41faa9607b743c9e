use clap::Args;
use crm_core::{
    kernel::Criteria,
    lead::{self, Lead, LeadStatus},
    store::ReadUnit,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

use super::{as_json, title};

/// `crm lead list`
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only these: new, working, qualified, disqualified or converted. [default: new, working and qualified]
    #[arg(long, value_parser = status)]
    status: Vec<LeadStatus>,
    /// Only those on which this colleague works: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only those from here.
    #[arg(long)]
    source: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

impl List {
    pub(super) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let owner = find::some_staff(unit, self.owner.as_deref()).await?;
        let open = [LeadStatus::New, LeadStatus::Working, LeadStatus::Qualified];
        let wanted = if self.status.is_empty() { &open[..] } else { &self.status };
        let mut criteria: Criteria<Lead> = lead::STATUS.one_of(wanted.iter().copied());
        if let Some(owner) = owner {
            criteria = criteria.and(lead::OWNER_ID.eq(owner.id));
        }
        if let Some(source) = &self.source {
            criteria = criteria.and(lead::SOURCE.eq(source.as_str()));
        }
        let query = criteria.query().descending(&lead::SCORE).order_by(&lead::RECEIVED_AT);
        let page = unit.find(query.limit(self.limit)).await?;
        if out.json {
            let leads: Vec<_> = page.items.iter().map(|lead| as_json(lead)).collect();
            return out.json(&json!({"leads": leads, "more": page.next.is_some()}));
        }
        if page.items.is_empty() {
            return out.line("There is no such lead.");
        }
        let staff = find::colleagues(unit, page.items.iter().filter_map(|l| l.owner_id)).await?;
        let rows = page.items.iter().map(|lead| {
            let owner = lead.owner_id.and_then(|id| Some(staff.get(&id)?.name.as_str()));
            vec![
                title(lead, 34),
                lead.state().status().to_string(),
                short(lead.source.as_deref().unwrap_or("-"), 14),
                short(owner.unwrap_or("-"), 18),
                lead.score.map_or_else(|| "-".to_owned(), |score| score.to_string()),
            ]
        });
        out.table(&["Lead", "Status", "Source", "Who", "Score"], 4, rows)?;
        if page.next.is_some() { out.line("There are more: --limit") } else { Ok(()) }
    }
}

fn status(text: &str) -> Result<LeadStatus, String> {
    text.parse()
}
