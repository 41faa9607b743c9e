use std::{fmt, hint::black_box, sync::Arc, time::Duration};

use crm_benches::{Result, by_hand, time};
use crm_core::{
    customer::Customer,
    interaction::{self, Interaction},
    kernel::{Id, Page, Stored},
    store::{Read, ReadUnit, Store},
};

use super::Asked;

/// What is read.
#[derive(Clone, Copy)]
pub(crate) enum Question {
    Customer,
    Newest,
}

/// What a read stands in.
#[derive(Clone, Copy)]
pub(crate) enum Within {
    OpenUnit,
    OwnUnit,
    /// For the store, which has no such thing, a unit of its own.
    Nothing,
}

/// Somebody who reads.
pub(crate) trait Contender {
    /// How many microseconds a read takes.
    async fn time(&mut self, question: Question, within: Within, slice: Duration) -> Result<f64>;
    async fn customer(&mut self, id: Id<Customer>) -> Result<Option<(u64, Customer)>>;
    async fn newest(&mut self, id: Id<Customer>) -> Result<Vec<(u64, by_hand::Interaction)>>;
}

/// A store of the library.
pub(crate) struct Ours {
    pub(crate) store: Box<dyn Store>,
    pub(crate) asked: Arc<Asked>,
}

impl Ours {
    /// Reads the same by both, for some customers.
    pub(crate) async fn proves_equal(&mut self, theirs: &mut impl Contender) -> Result {
        for n in 0..50 {
            let id = self.asked.nth(n)?;
            let mut unit = self.store.read(self.asked.house.scope.clone()).await?;
            let ours = customer(&mut *unit, id).await?.ok_or("no such customer")?;
            let (version, by_hand) = theirs.customer(id).await?.ok_or("no such customer")?;
            if *ours != by_hand || ours.version() != version {
                return Err(format!("not equal: {ours:?} and {by_hand:?}").into());
            }
            let ours = newest(&mut *unit, id).await?.items;
            let by_hand = theirs.newest(id).await?;
            let equal = ours.len() == 50
                && by_hand.len() == 50
                && by_hand.iter().zip(&ours).all(|((v, b), o)| *b == **o && *v == o.version());
            if !equal {
                return Err("the lists are not equal".into());
            }
        }
        Ok(())
    }

    pub(crate) async fn time(
        &mut self,
        question: Question,
        within: Within,
        slice: Duration,
    ) -> Result<f64> {
        let Self { store, asked } = self;
        let scope = &asked.house.scope;
        if let Within::OpenUnit = within {
            let mut unit = store.read(scope.clone()).await?;
            return time(slice, async |n| ask(&mut *unit, question, asked.nth(n)?).await).await;
        }
        let once = async |n| {
            let mut unit = store.read(scope.clone()).await?;
            ask(&mut *unit, question, asked.nth(n)?).await
        };
        time(slice, once).await
    }
}

async fn ask(unit: &mut dyn ReadUnit, question: Question, id: Id<Customer>) -> Result {
    match question {
        Question::Customer => drop(black_box(customer(unit, id).await?)),
        Question::Newest => drop(black_box(newest(unit, id).await?)),
    }
    Ok(())
}

async fn customer(unit: &mut dyn ReadUnit, id: Id<Customer>) -> Result<Option<Stored<Customer>>> {
    Ok(Read::<Customer>::get(unit, id).await?)
}

async fn newest(unit: &mut dyn ReadUnit, id: Id<Customer>) -> Result<Page<Interaction>> {
    let query = interaction::CUSTOMER_ID.eq(id).query().descending(&interaction::HAPPENED_AT);
    Ok(Read::<Interaction>::find(unit, query.limit(50)).await?)
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer by key",
            Self::Newest => "newest 50",
        })
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenUnit => "in an open unit",
            Self::OwnUnit => "a unit of its own",
            Self::Nothing => "(bare)",
        })
    }
}
