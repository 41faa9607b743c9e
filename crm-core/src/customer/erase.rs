use std::collections::{BTreeMap, HashSet, VecDeque};

use uuid::Uuid;

use crate::{
    Result,
    approval::Approval,
    contact::Contact,
    interaction::{Interaction, participant_term},
    kernel::{Criteria, Entity, FieldSpec, Id, Op, Stored, Test, Value},
    lead::{self, Lead, interaction_of},
    lead_activity::LeadActivity,
    merge::Merge,
    merge_move::MergeMove,
    opportunity::Opportunity,
    stage_move::StageMove,
    store::{CUSTODIAN, Custody, Read, UnitOfWork, every, expect},
};

use super::{
    Customer, CustomerKind,
    filing::group,
    remains::{Known, holders, merges_of, redact_merged},
};

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// How many records of each kind.
    pub records: BTreeMap<&'static str, u64>,
    /// Whether only the records of an organisation itself were: the people there are persons of their
    /// own, each to be asked for.
    pub organisation_only: bool,
}

/// What is still to be looked at, and what was.
#[derive(Default)]
struct Sweep {
    /// In the order in which they were found: what is a customer's is found before a contact's.
    todo: VecDeque<(&'static str, Uuid)>,
    seen: HashSet<(&'static str, Uuid)>,
    records: BTreeMap<&'static str, u64>,
    /// By what the contacts that are erased were known elsewhere.
    known: Vec<Known>,
    /// Opportunities of other customers that name a contact: what else is said about these may be
    /// said of others.
    elsewhere: HashSet<Uuid>,
}

/// Erases a customer: see [`super::Customers::erase`].
pub(super) async fn customer(work: &mut (dyn UnitOfWork + '_), id: Id<Customer>) -> Result<Erased> {
    let mut sweep = Sweep::default();
    let mut person = false;
    for id in group(work, id).await? {
        person |= expect(work, id).await?.kind == CustomerKind::Person;
        work.erase(&CUSTODIAN, id, None).await?;
        sweep.found(Customer::KIND, id.uuid());
    }
    sweep.merges(work).await?;
    if person {
        sweep.run(work).await?;
    } else {
        sweep.leads(work).await?;
    }
    Ok(Erased { records: sweep.records, organisation_only: !person })
}

/// Erases a contact: see [`super::Customers::erase_contact`].
pub(super) async fn contact(work: &mut (dyn UnitOfWork + '_), id: Id<Contact>) -> Result<Erased> {
    let mut sweep = Sweep::default();
    sweep.meet(work, id).await?;
    work.erase(&CUSTODIAN, id, None).await?;
    sweep.found(Contact::KIND, id.uuid());
    sweep.run(work).await?;
    Ok(Erased { records: sweep.records, organisation_only: false })
}

/// Erases a lead: see [`crate::lead::Leads::erase`].
pub(crate) async fn lead(work: &mut (dyn UnitOfWork + '_), id: Id<Lead>) -> Result<Erased> {
    let mut sweep = Sweep::default();
    work.erase(&CUSTODIAN, id, None).await?;
    sweep.found(Lead::KIND, id.uuid());
    sweep.run(work).await?;
    Ok(Erased { records: sweep.records, organisation_only: false })
}

impl Sweep {
    fn found(&mut self, kind: &'static str, id: Uuid) {
        if self.seen.insert((kind, id)) {
            *self.records.entry(kind).or_default() += 1;
            self.todo.push_back((kind, id));
        }
    }

    /// Reads by what a contact was known, before they are erased.
    async fn meet(&mut self, work: &mut (dyn UnitOfWork + '_), id: Id<Contact>) -> Result<()> {
        let contact = expect(work, id).await?;
        self.known.push(Known::of(work, &contact).await?);
        Ok(())
    }

    /// The words of merges that the customers took part in.
    async fn merges(&mut self, work: &mut (dyn UnitOfWork + '_)) -> Result<()> {
        let customers: Vec<_> = self.todo.iter().map(|(_, id)| Id::<Customer>::new(*id)).collect();
        let mut merges = BTreeMap::new();
        for customer in &customers {
            let took_part = merges_of(work, *customer).await?;
            merges.extend(took_part.into_iter().map(|merge| (merge.id, merge.into_inner())));
        }
        for id in merges.keys() {
            Custody::<Merge>::erase(work, &CUSTODIAN, *id, None).await?;
            *self.records.entry(Merge::KIND).or_default() += 1;
        }
        let customers = customers.into_iter().collect();
        redact_merged(work, &customers, merges.into_values().collect()).await
    }

    /// The interactions that a contact took part in beside the one whom they name first.
    async fn took_part(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        contact: Id<Contact>,
    ) -> Result<()> {
        for holder in holders(work, participant_term(contact)).await? {
            if !self.seen.contains(&(Interaction::KIND, holder.id)) {
                work.erase(&CUSTODIAN, Id::<Interaction>::new(holder.id), None).await?;
                self.found(Interaction::KIND, holder.id);
            }
        }
        Ok(())
    }

    /// The records of the leads that became an organisation tell what its own record told.
    async fn leads(&mut self, work: &mut (dyn UnitOfWork + '_)) -> Result<()> {
        let customers: Vec<_> = self.todo.iter().map(|(_, id)| Id::<Customer>::new(*id)).collect();
        let mut leads = Vec::new();
        every(work, lead::CUSTOMER_ID.one_of(customers).query(), |stored: Stored<Lead>| {
            leads.push(stored.id);
            Ok(())
        })
        .await?;
        for id in leads {
            Custody::<Lead>::erase(work, &CUSTODIAN, id, None).await?;
            *self.records.entry(Lead::KIND).or_default() += 1;
        }
        Ok(())
    }

    /// The interaction that an activity of a lead became.
    async fn became(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        activity: Id<LeadActivity>,
    ) -> Result<()> {
        let id = interaction_of(work.scope().tenant, activity);
        if !self.seen.contains(&(Interaction::KIND, id.uuid()))
            && Read::<Interaction>::get(work, id).await?.is_some()
        {
            work.erase(&CUSTODIAN, id, None).await?;
            self.found(Interaction::KIND, id.uuid());
        }
        Ok(())
    }

    async fn run(&mut self, work: &mut (dyn UnitOfWork + '_)) -> Result<()> {
        while let Some((kind, id)) = self.todo.pop_front() {
            self.follow(work, kind, id).await?;
            if kind == Contact::KIND {
                self.took_part(work, Id::new(id)).await?;
            }
            if kind == LeadActivity::KIND {
                self.became(work, Id::new(id)).await?;
            }
        }
        for known in std::mem::take(&mut self.known) {
            for customer in known.erase(work).await? {
                if self.seen.insert((Customer::KIND, customer.uuid())) {
                    *self.records.entry(Customer::KIND).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether records of a kind that name another tell of the same person.
    fn tells(&self, kind: &str, named: &str, id: Uuid) -> bool {
        if named == Opportunity::KIND && self.elsewhere.contains(&id) {
            return [StageMove::KIND, Approval::KIND].contains(&kind);
        }
        // Who stands below a person, or leads to one, is another customer; merges were dealt with.
        ![Customer::KIND, Merge::KIND, MergeMove::KIND].contains(&kind)
    }

    async fn kind<'w, E: Entity>(
        &mut self,
        work: &mut (dyn UnitOfWork + 'w),
        named: &'static str,
        id: Uuid,
    ) -> Result<()>
    where
        dyn UnitOfWork + 'w: Custody<E>,
    {
        if !self.tells(E::KIND, named, id) {
            return Ok(());
        }
        let refers = |f: &&&'static FieldSpec<E>| f.refers_to == Some(named);
        for field in E::FIELDS.iter().skip(1).filter(refers) {
            let names = Criteria::Test(Test { field, op: Op::Eq, value: Value::Uuid(id) });
            let mut ids = Vec::new();
            every(work, names.query(), |stored: Stored<E>| {
                ids.push(stored.id());
                Ok(())
            })
            .await?;
            for id in ids {
                if self.seen.contains(&(E::KIND, id.uuid())) {
                    continue;
                }
                if (E::KIND, named) == (Opportunity::KIND, Contact::KIND) {
                    self.elsewhere.insert(id.uuid());
                }
                if E::KIND == Contact::KIND {
                    self.meet(work, Id::new(id.uuid())).await?;
                }
                if E::FIELDS.iter().any(|field| field.personal.is_some()) {
                    Custody::<E>::erase(work, &CUSTODIAN, id, None).await?;
                    self.found(E::KIND, id.uuid());
                } else if self.seen.insert((E::KIND, id.uuid())) {
                    self.todo.push_back((E::KIND, id.uuid()));
                }
            }
        }
        Ok(())
    }
}

macro_rules! of_each_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        impl Sweep {
            /// Erases what names a record that tells of the person.
            async fn follow(
                &mut self,
                work: &mut (dyn UnitOfWork + '_),
                named: &'static str,
                id: Uuid,
            ) -> Result<()> {
                $(self.kind::<$entity>(work, named, id).await?;)+
                $(self.kind::<$added>(work, named, id).await?;)+
                Ok(())
            }
        }
    };
}
crate::for_each_entity!(of_each_kind);
