use clap::Args;
use crm_core::{
    kernel::{Country, Id, Money, Phone, PhoneKind, Scope},
    lead::{Lead, Rating},
    product::{self, Product},
    store::{ReadUnit, Store, find_one, run},
};
use serde_json::json;

use crate::{failure::Failure, find, output::Out};

use super::{Alike, as_json, title};

/// `crm lead add`
#[derive(Debug, Args)]
pub(super) struct Add {
    /// What the person is called; without one, --company.
    #[arg(required_unless_present = "company")]
    name: Option<String>,
    /// The company.
    #[arg(long)]
    company: Option<String>,
    /// Their job title.
    #[arg(long)]
    title: Option<String>,
    /// The e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// The phone number; can be given several times, the first to try first.
    #[arg(long = "phone", value_name = "NUMBER")]
    phones: Vec<String>,
    /// The website.
    #[arg(long)]
    website: Option<String>,
    /// The town.
    #[arg(long)]
    city: Option<String>,
    /// The country, such as DE.
    #[arg(long)]
    country: Option<Country>,
    /// The industry.
    #[arg(long)]
    industry: Option<String>,
    /// Where it came from: fair, web, referral.
    #[arg(long)]
    source: Option<String>,
    /// Which fair, page or campaign that was.
    #[arg(long)]
    campaign: Option<String>,
    /// How promising it is, from 0 to 100.
    #[arg(long)]
    score: Option<i64>,
    /// Who or what says so.
    #[arg(long, value_name = "WHO", requires = "score")]
    score_by: Option<String>,
    /// hot, warm or cold.
    #[arg(long, value_parser = rating)]
    rating: Option<Rating>,
    /// Who works on it: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// What they are interested in: an external id or a name.
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// What it may be worth: '4000 EUR'.
    #[arg(long)]
    amount: Option<Money>,
    /// Anything else.
    #[arg(long)]
    notes: Option<String>,
    /// What another system calls it.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Its id, a UUID: sent again with it, it is added once.
    #[arg(long, value_name = "UUID")]
    id: Option<Id<Lead>>,
}

impl Add {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut new = Lead::new(Id::new(uuid::Uuid::nil()));
        self.tell(&mut new);
        {
            let unit = &mut *store.read(scope.clone()).await?;
            let owner = find::some_staff(unit, self.owner.as_deref()).await?;
            new.owner_id = owner.map(|owner| owner.id);
            new.product_id = match &self.product {
                Some(text) => Some(product(unit, text).await?),
                None => None,
            };
        }
        let added = run(store, scope, |work| {
            let mut new = new.clone();
            new.id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
            Box::pin(async move { work.leads().add(new).await })
        });
        let added = added.await?;
        let alike = match &added.duplicates {
            Some(found) => Alike::of(&mut *store.read(scope.clone()).await?, found).await?,
            None => Alike(Vec::new()),
        };
        if out.json {
            let lead = as_json(&added.lead);
            return out.json(&json!({"lead": lead, "possible_duplicates": alike.0}));
        }
        out.line(format!("{} is a lead: {}", title(&added.lead, 60), added.lead.id))?;
        alike.tell(out)
    }

    fn tell(&self, new: &mut Lead) {
        new.name.clone_from(&self.name);
        new.company.clone_from(&self.company);
        new.title.clone_from(&self.title);
        new.email.clone_from(&self.email);
        let phone = |number: &String| Phone { kind: PhoneKind::Work, number: number.clone() };
        new.phones.0 = self.phones.iter().map(phone).collect();
        new.website.clone_from(&self.website);
        new.city.clone_from(&self.city);
        new.country = self.country;
        new.industry.clone_from(&self.industry);
        new.source.clone_from(&self.source);
        new.campaign.clone_from(&self.campaign);
        new.score = self.score;
        new.score_by.clone_from(&self.score_by);
        new.rating = self.rating;
        new.amount = self.amount;
        new.notes.clone_from(&self.notes);
        new.external_id.clone_from(&self.external_id);
    }
}

async fn product(unit: &mut dyn ReadUnit, text: &str) -> Result<Id<Product>, Failure> {
    let named = product::EXTERNAL_ID.eq(text).or(product::NAME.eq(text));
    let none = || Failure::Asked(format!("there is no product {text:?}; `crm list products`"));
    Ok(find_one(unit, named).await?.ok_or_else(none)?.id)
}

fn rating(text: &str) -> Result<Rating, String> {
    text.parse()
}
