use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{
    Criteria, Entity, Field, FieldSpec, FieldType, Id, Invalid, Kind, Money, Sum, Value,
    query::MAX_ORDER,
    sums::{Key, add_up},
};

/// Records of a kind `E` with those of a kind `R` that they name in one field: the moves of opportunities, the
/// opportunities of customers.
///
/// ```
/// use crm_core::{kernel::Pairs, opportunity, stage_move};
/// let moves_of_the_open = Pairs::by(&stage_move::OPPORTUNITY_ID)
///     .naming(stage_move::SLIPPED_DAYS.above(0))
///     .named(opportunity::STATUS.eq(opportunity::OpportunityStatus::Open));
/// ```
pub struct Pairs<E: 'static, R: 'static> {
    /// The field of `E` that names an `R`; where it is empty there is no pair.
    pub link: &'static FieldSpec<E>,
    /// Of which `E`.
    pub naming: Criteria<E>,
    /// And which `R`.
    pub named: Criteria<R>,
}

/// How many pairs there are and what they add up to, in groups: as [`super::Sums`], of two kinds at once.
pub struct PairSums<E: 'static, R: 'static> {
    /// Of which pairs.
    pub pairs: Pairs<E, R>,
    /// For each value of these.
    pub by: Vec<PairField<E, R>>,
    /// What is added up; without it, pairs are only counted.
    pub amount: Option<PairField<E, R>>,
    /// Whether an `R` counts once in each group, however many `E` name it; else each `E` counts.
    pub once: bool,
    /// Where each `R` counts once: what else tells groups apart, after [`PairSums::by`], yes or no. So one way through the
    /// records answers several questions.
    pub marks: Vec<PairMark<E, R>>,
}

/// What holds of an `R` that counts once in a group, or does not.
pub enum PairMark<E: 'static, R: 'static> {
    /// Of one at least of the `E` that name it there.
    Naming(Criteria<E>),
    /// Of itself.
    Named(Criteria<R>),
}

/// A field of one of the two.
pub enum PairField<E: 'static, R: 'static> {
    /// Of the record that names the other.
    Naming(&'static FieldSpec<E>),
    /// Of the record that is named.
    Named(&'static FieldSpec<R>),
}

impl<E: Entity, R: Entity> Pairs<E, R> {
    /// All pairs by this field.
    pub const fn by(link: &'static Field<E, Id<R>>) -> Self {
        Self { link: link.spec(), naming: Criteria::everything(), named: Criteria::everything() }
    }

    /// Only of `E` that match.
    #[must_use]
    pub fn naming(mut self, criteria: Criteria<E>) -> Self {
        self.naming = criteria;
        self
    }

    /// Only of `R` that match.
    #[must_use]
    pub fn named(mut self, criteria: Criteria<R>) -> Self {
        self.named = criteria;
        self
    }

    /// Counts each `E`.
    pub const fn each(self) -> PairSums<E, R> {
        PairSums { pairs: self, by: Vec::new(), amount: None, once: false, marks: Vec::new() }
    }

    /// Counts an `R` once in each group.
    pub const fn once(self) -> PairSums<E, R> {
        PairSums { pairs: self, by: Vec::new(), amount: None, once: true, marks: Vec::new() }
    }

    /// For stores: whether the pairs can be found.
    ///
    /// # Errors
    /// [`Invalid`]: criteria that do not fit, a link that names another kind.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.link.refers_to != Some(R::KIND) {
            let reason = format!("it does not name records of the kind {}", R::KIND);
            return Err(Invalid::field::<E>(self.link.name, reason));
        }
        self.naming.check()?;
        self.named.check()
    }

    /// Which record an `E` names, if it matches.
    pub fn leads(&self, entity: &E) -> Option<Uuid> {
        match (self.link.get)(entity) {
            Value::Uuid(id) if self.naming.matches(entity) => Some(id),
            _ => None,
        }
    }
}

impl<E: Entity, R: Entity> PairSums<E, R> {
    /// For each value of this field of `E`.
    #[must_use]
    pub fn by<T: FieldType>(mut self, field: &'static Field<E, T>) -> Self {
        self.by.push(PairField::Naming(field.spec()));
        self
    }

    /// For each value of this field of `R`.
    #[must_use]
    pub fn by_named<T: FieldType>(mut self, field: &'static Field<R, T>) -> Self {
        self.by.push(PairField::Named(field.spec()));
        self
    }

    /// And by whether this holds of one at least of the `E`.
    #[must_use]
    pub fn mark(mut self, criteria: Criteria<E>) -> Self {
        self.marks.push(PairMark::Naming(criteria));
        self
    }

    /// And by whether this holds of the `R`.
    #[must_use]
    pub fn mark_named(mut self, criteria: Criteria<R>) -> Self {
        self.marks.push(PairMark::Named(criteria));
        self
    }

    /// Adds up this field of `E`.
    #[must_use]
    pub const fn of(mut self, amount: &'static Field<E, Money>) -> Self {
        self.amount = Some(PairField::Naming(amount.spec()));
        self
    }

    /// Adds up this field of `R`.
    #[must_use]
    pub const fn of_named(mut self, amount: &'static Field<R, Money>) -> Self {
        self.amount = Some(PairField::Named(amount.spec()));
        self
    }

    /// For stores: whether it can be summed.
    ///
    /// # Errors
    /// As [`Pairs::check`] and [`super::Sums::check`]; an amount of `E` where each `R` counts once, marks where it
    /// does not.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.by.len() + self.marks.len() > MAX_ORDER {
            let reason = format!("pairs are grouped by at most {MAX_ORDER} fields");
            return Err(Invalid::new("pair sums", "by", reason));
        }
        for field in &self.by {
            if field.kind().is_structured() {
                return Err(field.invalid("records are not grouped by it"));
            }
        }
        if !self.once && !self.marks.is_empty() {
            let reason =
                "what holds of a record that counts once tells groups apart: ask for `once`";
            return Err(Invalid::new("pair sums", "marks", reason));
        }
        self.marks.iter().try_for_each(|mark| match mark {
            PairMark::Naming(criteria) => criteria.check(),
            PairMark::Named(criteria) => criteria.check(),
        })?;
        match &self.amount {
            Some(field) if field.kind() != Kind::Money => {
                return Err(field.invalid("only amounts of money are added up"));
            }
            Some(PairField::Naming(field)) if self.once => {
                let reason =
                    "several may name one record that counts once: add up one of its fields";
                return Err(Invalid::field::<E>(field.name, reason));
            }
            _ => {}
        }
        self.pairs.check()
    }

    /// The name of the field that is added up.
    pub fn amount_name(&self) -> &'static str {
        self.amount.as_ref().map_or("amount", PairField::name)
    }
}

impl<E: Entity, R: Entity> PairField<E, R> {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Naming(field) => field.name,
            Self::Named(field) => field.name,
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Naming(field) => field.kind,
            Self::Named(field) => field.kind,
        }
    }

    fn invalid(&self, reason: &str) -> Invalid {
        match self {
            Self::Naming(field) => Invalid::field::<E>(field.name, reason),
            Self::Named(field) => Invalid::field::<R>(field.name, reason),
        }
    }

    fn value(&self, naming: &E, named: &R) -> Value<'static> {
        match self {
            Self::Naming(field) => (field.get)(naming).into_owned(),
            Self::Named(field) => (field.get)(named).into_owned(),
        }
    }
}

/// What [`PairSums`] means: the groups in the order of their keys and currencies. Every store must
/// agree with it.
///
/// # Errors
/// [`Invalid`] as [`PairSums::check`] says, and when a total is beyond 28 digits.
pub fn fold_pairs<'e, E: Entity, R: Entity>(
    sums: &PairSums<E, R>,
    naming: impl IntoIterator<Item = &'e E>,
    named: impl IntoIterator<Item = &'e R>,
) -> Result<Vec<Sum>, Invalid> {
    sums.check()?;
    let named: HashMap<Uuid, &R> = named
        .into_iter()
        .filter(|one| sums.pairs.named.matches(one))
        .map(|one| (one.id().uuid(), one))
        .collect();
    let pairs = naming.into_iter().filter_map(|one| {
        let id = sums.pairs.leads(one)?;
        let other = *named.get(&id)?;
        let key: Vec<_> = sums.by.iter().map(|field| field.value(one, other)).collect();
        let money = match sums.amount.as_ref().map(|field| field.value(one, other)) {
            Some(Value::Money(money)) => Some(money),
            _ => None,
        };
        let holds = |mark: &PairMark<E, R>| match mark {
            PairMark::Naming(criteria) => criteria.matches(one),
            PairMark::Named(criteria) => criteria.matches(other),
        };
        Some((id, key, money, sums.marks.iter().map(holds).collect::<Vec<_>>()))
    });
    let added = if sums.once {
        let mut once: BTreeMap<_, (Option<Money>, Vec<bool>)> = BTreeMap::new();
        for (id, key, money, holds) in pairs {
            let (_, marks) =
                once.entry((Key(key, None), id)).or_insert_with(|| (money, holds.clone()));
            marks.iter_mut().zip(holds).for_each(|(mark, holds)| *mark |= holds);
        }
        add_up(once.into_iter().map(|((Key(mut key, _), _), (money, marks))| {
            key.extend(marks.into_iter().map(Value::Bool));
            (key, money, None)
        }))
    } else {
        add_up(pairs.map(|(_, key, money, _)| (key, money, None)))
    };
    added.map_err(|reason| match &sums.amount {
        Some(field) => field.invalid(&reason),
        None => Invalid::new("pair sums", "amount", reason),
    })
}

impl<E: Entity, R: Entity> Clone for Pairs<E, R> {
    fn clone(&self) -> Self {
        Self { link: self.link, naming: self.naming.clone(), named: self.named.clone() }
    }
}

impl<E: Entity, R: Entity> Clone for PairMark<E, R> {
    fn clone(&self) -> Self {
        match self {
            Self::Naming(criteria) => Self::Naming(criteria.clone()),
            Self::Named(criteria) => Self::Named(criteria.clone()),
        }
    }
}

impl<E, R> Clone for PairField<E, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, R> Copy for PairField<E, R> {}

impl<E: Entity, R: Entity> std::fmt::Debug for Pairs<E, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} naming {:?} named {:?}", self.link.name, self.naming, self.named)
    }
}

impl<E: Entity, R: Entity> std::fmt::Debug for PairField<E, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if matches!(self, Self::Naming(_)) { E::KIND } else { R::KIND };
        write!(f, "{side}.{}", self.name())
    }
}
