use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::{Id, Money, Scope},
    opportunity::{Conflict, Opportunity},
    staff_member::StaffMember,
    store::Store,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
    when,
};

use super::{show::brief, tell};

/// `crm opportunity open`
#[derive(Debug, Args)]
pub(super) struct Open {
    /// The customer: an id, an external id or a name.
    customer: String,
    /// What it is about.
    name: String,
    /// The pipeline it goes through, by name; else the first in use.
    #[arg(long)]
    pipeline: Option<String>,
    /// What would be bought.
    #[arg(long)]
    product: Option<String>,
    /// What it is worth, such as '24000 EUR'.
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<Money>,
    /// Who works on it.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Whom to talk to.
    #[arg(long, value_name = "NAME")]
    contact: Option<String>,
    /// The day it will be decided.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    expected_close: Option<NaiveDate>,
    /// Where it came from.
    #[arg(long)]
    source: Option<String>,
    /// The day it began, where that is not today.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    opened_on: Option<NaiveDate>,
    /// Its id, a UUID: sent again with it, it is opened once.
    #[arg(long, value_name = "UUID")]
    id: Option<Id<Opportunity>>,
}

impl Open {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut work = store.begin(scope.clone()).await?;
        let meant = find::customer(&mut *work, &self.customer).await?;
        let pipeline = find::pipeline(&mut *work, self.pipeline.as_deref()).await?;
        let id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
        let mut new =
            Opportunity::open(id, &self.name, &pipeline).map_err(crm_core::Error::from)?;
        new.customer_id = Some(meant.customer.id);
        if let Some(text) = &self.product {
            new.product_id = Some(find::product(&mut *work, text).await?.id);
        }
        if let Some(text) = &self.contact {
            new.contact_id = Some(find::contact_of(&mut *work, meant.customer.id, text).await?.id);
        }
        new.owner_id = find::some_staff(&mut *work, self.owner.as_deref()).await?.map(|s| s.id);
        new.amount = self.amount;
        new.expected_close = self.expected_close;
        new.source.clone_from(&self.source);
        new.opened_on = self.opened_on;
        let opened = work.opportunities().open(new).await?;
        let conflicts = work.opportunities().conflicts(opened.id).await?;
        let others = others(&conflicts, opened.id);
        let owners = others.iter().filter_map(|(_, owner)| *owner);
        let called = find::colleagues(&mut *work, owners).await?;
        work.commit().await?;
        let name = |owner: &Option<Id<StaffMember>>| {
            owner.and_then(|id| Some(called.get(&id)?.name.clone()))
        };
        if out.json {
            let there: Vec<_> = others
                .iter()
                .map(|(rival, owner)| {
                    json!({"id": rival.opportunity_id, "name": rival.name, "owner": name(owner)})
                })
                .collect();
            let mut told = brief(&opened);
            if let Some(members) = told.as_object_mut() {
                members.insert("already_there".to_owned(), json!(there));
            }
            return out.json(&told);
        }
        meant.note(out)?;
        tell(&opened, out)?;
        out.line(opened.id)?;
        for (rival, owner) in &others {
            let (what, who) = (short(&rival.name, 40), name(owner));
            let who = who.map_or_else(|| "nobody".to_owned(), |who| short(&who, 40));
            out.line(format!("Already there with the same: {what}, of {who}."))?;
        }
        Ok(())
    }
}

type Other<'c> = (&'c crm_core::opportunity::Rival, Option<Id<StaffMember>>);

/// Each once, whatever it is that they share.
fn others(conflicts: &[Conflict], own: Id<Opportunity>) -> Vec<Other<'_>> {
    let mut others: Vec<Other<'_>> = Vec::new();
    for rival in conflicts.iter().flat_map(|conflict| &conflict.rivals) {
        let known = |(other, _): &Other<'_>| other.opportunity_id == rival.opportunity_id;
        if rival.opportunity_id != own && !others.iter().any(known) {
            others.push((rival, rival.owner_id));
        }
    }
    others
}
