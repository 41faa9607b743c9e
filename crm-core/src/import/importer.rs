use crate::{
    Result,
    customer::{Customer, CustomerKind},
    kernel::{Id, Invalid},
    lead::Lead,
    opportunity::{
        Opportunity,
        pipeline::{self, Pipeline},
    },
    product::Product,
    staff_member::StaffMember,
    store::{Append, Read, Work, find_one},
    transaction::Transaction,
};

use super::{
    Content, ImportKind, Mapping, MappingError, OnDuplicate, batch,
    plan::Plan,
    references::References,
    row::{Row, RowOutcome},
};

/// How rows become records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// Makes customers of this kind where a transaction or an opportunity names one that is not
    /// there: what the row calls them is their external id and their name.
    pub create_customers: Option<CustomerKind>,
    /// The pipeline of opportunities, by name or external id. Without it the first that is in use,
    /// and [`Pipeline::sales`] where there is none.
    pub pipeline: Option<String>,
    /// What becomes of a customer's row that is certainly there already, by the tenant's
    /// [`DuplicatePolicy`](crate::duplicate::DuplicatePolicy).
    pub duplicates: OnDuplicate,
    /// Whether the assignment rules give new customers, leads and opportunities that a row gives to nobody their owner, while they are
    /// added: see [`Assignments::add_all`](crate::assignment::Assignments::add_all). [`RowOutcome::assignment`] says what
    /// was decided.
    pub assign: bool,
}

impl Default for ImportOptions {
    fn default() -> Self {
        let duplicates = OnDuplicate::Fold;
        Self { create_customers: None, pipeline: None, duplicates, assign: false }
    }
}

/// Writes rows of one file, batch after batch.
///
/// A record is known again by its external id; staff, customers and products without one by their
/// name; opportunities, transactions and leads of a file that has no such column by what their row says in
/// our fields, and by how many such rows stand before it. Records that a row names are given by
/// external id or by name.
///
/// What is known by its name gets an id that follows from the name, so that two who import the same
/// at the same time make one record. A name that was given up since is not used again by itself: such a
/// row is refused. Where the record of that name was erased, the row makes another one: its id follows from
/// the one that was erased.
///
/// In a file with external ids, a row that has none is about the record of its name that has none
/// either. In a file without external ids, it is about the record of its name that has none, else
/// about the only one of its name.
///
/// A customer's row that is not known so is compared with who is there, in the base and above it in the
/// file. Where it certainly is one of them it is folded: it fills what is empty there and overwrites
/// nothing, and rows may name that customer by it. Its external id stays with the customer, if that had none;
/// what rows with that id say later is folded too. What it filled is not emptied by rows that say nothing
/// there. Two with different external ids are two. Where it is possibly one of them, it makes a record and
/// says so. Rows of one customer under different names that are imported at the same time may not see
/// each other: [`scan_base`](crate::duplicate::scan_base) finds them.
///
/// A row that puts something in as an e-mail address, a phone, fax or tax number that cannot be one
/// ([`check_email`](crate::duplicate::check_email), [`check_tax_number`](crate::duplicate::check_tax_number);
/// a number that nobody can dial is one all the same) is refused, of customers, of leads and of staff. An alias
/// (`phones` reads `n/a`, it means nothing) lets it in without. What is in the base already is no reason.
///
/// With [`ImportOptions::assign`], what a batch adds without an owner is decided about in the order of its rows, once the whole batch is
/// there: each as [`assign`](crate::assignment::Assignments::assign) would. Only what is new is given: the same rows again give
/// nothing to anybody, and take nothing from anybody where they leave the owner empty. What nobody gets is added without an owner. A row that the house refuses because it has no owner is refused.
///
/// Rows are applied one after the other, wherever a batch ends; only a row that waits for another
/// comes later. A file that contradicts itself, with two rows that say different things about one
/// record, leaves what the last of them says, and reports them as changed each time.
#[derive(Debug)]
pub struct Importer {
    kind: ImportKind,
    plan: Plan,
    options: ImportOptions,
    references: References,
    pipeline: Option<Pipeline>,
    settle: bool,
    /// The store refused what was to be added with its owner: it is added first, and then given.
    added_first: bool,
}

impl Importer {
    /// For rows under this header.
    ///
    /// # Errors
    /// [`MappingError`] when the mapping names a field we do not have or a column that is not in
    /// the header, or leaves out what no record can be without; or when no rules give such records.
    pub fn new(
        mapping: &Mapping,
        header: &[String],
        options: ImportOptions,
    ) -> Result<Self, MappingError> {
        let kind = mapping.kind();
        if options.assign && !kind.is_given_by_rules() {
            return Err(MappingError::NotAssigned { kind });
        }
        Ok(Self {
            kind,
            plan: Plan::new(mapping, header)?,
            options,
            references: References::default(),
            pipeline: None,
            settle: false,
            added_first: false,
        })
    }

    /// What rows are known by, where they are known by their content: then [`Row::occurrence`]
    /// matters.
    pub fn content(&self) -> Option<Content> {
        use ImportKind::{Leads, Opportunities, Transactions};
        let known = matches!(self.kind, Opportunities | Transactions | Leads)
            && self.plan.external_id.is_none();
        known.then(|| Content(self.plan.clone()))
    }

    /// From now on no row waits: a manager who is not there is made, a row whose parent is not
    /// there is refused. For the rows that still wait when giving them again leads no further.
    pub const fn settle(&mut self) {
        self.settle = true;
    }

    /// Forgets what it saw: after a unit that was not committed.
    pub fn forget(&mut self) {
        self.references.reset();
        self.pipeline = None;
    }

    /// Writes rows, a few thousand at a time; what became of each, in their order. Commit the unit
    /// then. Rows that cannot be are refused one by one, and the others are written.
    ///
    /// # Errors
    /// What the store answers. Nothing is half done: drop the unit; the same rows may be given to
    /// another one.
    pub async fn batch(&mut self, work: &mut Work<'_>, rows: &[Row]) -> Result<Vec<RowOutcome>> {
        let answer = self.write(work, rows).await;
        match &answer {
            Ok(_) => self.added_first = false,
            Err(_) => self.forget(),
        }
        answer
    }

    async fn write(&mut self, work: &mut Work<'_>, rows: &[Row]) -> Result<Vec<RowOutcome>> {
        if self.kind == ImportKind::Opportunities && self.pipeline.is_none() {
            self.pipeline = Some(the_pipeline(work, self.options.pipeline.as_deref()).await?);
        }
        let context = batch::Context {
            plan: &self.plan,
            options: &self.options,
            references: &mut self.references,
            pipeline: self.pipeline.as_ref(),
            settle: self.settle,
            added_first: &mut self.added_first,
        };
        match self.kind {
            ImportKind::Staff => batch::run::<StaffMember>(context, work, rows).await,
            ImportKind::Customers => batch::run::<Customer>(context, work, rows).await,
            ImportKind::Products => batch::run::<Product>(context, work, rows).await,
            ImportKind::Opportunities => batch::run::<Opportunity>(context, work, rows).await,
            ImportKind::Transactions => batch::run::<Transaction>(context, work, rows).await,
            ImportKind::Leads => batch::run::<Lead>(context, work, rows).await,
        }
    }
}

async fn the_pipeline(work: &mut Work<'_>, wanted: Option<&str>) -> Result<Pipeline> {
    let criteria = match wanted {
        Some(text) => pipeline::NAME.eq(text).or(pipeline::EXTERNAL_ID.eq(text)),
        None => pipeline::ACTIVE.eq(true),
    };
    if let Some(found) = find_one(work, criteria).await? {
        return Ok(found.into_inner());
    }
    if let Some(text) = wanted {
        let all = Read::<Pipeline>::find(work, pipeline::ACTIVE.eq(true).query()).await?;
        let names: Vec<_> = all.items.iter().map(|p| p.name.as_str()).collect();
        let reason = format!("there is no pipeline {text:?}; there are: {}", names.join(", "));
        return Err(Invalid::new("import", "pipeline", reason).into());
    }
    let new = Pipeline::sales(Id::new(work.next_id()));
    Ok(Append::<Pipeline>::insert(work, new).await?.into_inner())
}
