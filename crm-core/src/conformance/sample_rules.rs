//! A sample of the rules of a house.

use crate::{
    customer,
    duplicate::DuplicatePolicy,
    lead::LeadRules,
    opportunity::Overlap,
    settings::{
        CompletenessPolicy, CompletenessRule, ContactRhythm, CustomFields, DeclaredField,
        DeclaredType, Demand, Lifecycle, LifecycleMove, LifecycleStage, RhythmRule, Settings,
    },
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

impl Sample for Settings {
    fn sample(make: &mut Make) -> Held<Self> {
        let default_country = make.opt(Make::country).transpose()?;
        let name = make.opt(Make::text);
        let rules = Self {
            name,
            default_country,
            late_after_hours: make.count(),
            conflicts: make.one_of(Overlap::ALL),
            duplicates: DuplicatePolicy {
                plus_is_same: make.one_of(&[false, true]),
                noise_limit: make.one_of(&[2, 50, 1_000]),
                ..DuplicatePolicy::default()
            },
            ..Self::standard(make.id())
        };
        Ok(if make.opt(|_| ()).is_some() { rules_of_a_house(rules, make) } else { rules })
    }

    fn touch(&mut self, word: &str) {
        self.name = Some(word.to_owned());
    }
}

/// Some of every sort of rule.
fn rules_of_a_house(rules: Settings, make: &mut Make) -> Settings {
    let own = make.unique();
    let named = |own: &str| format!("custom.{own}");
    let choice = DeclaredField::choice(make.unique(), [make.unique(), make.unique()]);
    let declared = vec![DeclaredField::new(&*own, DeclaredType::Number).required(), choice];
    let large = customer::CUSTOM.field(&*own).at_least(make.decimal());
    let when = large.or(customer::NAME.contains(make.text())).or(customer::TAGS.is_empty());
    let demand = make.one_of(Demand::ALL);
    let fields = ["phones", "street", &named(&own)].map(ToOwned::to_owned);
    let mut completeness = CompletenessPolicy::publishing_house();
    completeness.customer.push(CompletenessRule {
        when: when.clone(),
        fields: fields.into_iter().map(|field| (field, demand)).collect(),
    });
    let (mut lifecycle, stage) = (Lifecycle::default(), make.unique());
    lifecycle.stages.push(LifecycleStage { key: stage.clone(), name: make.unique() });
    lifecycle.moves.push(LifecycleMove { from: lifecycle.initial.clone(), to: stage });
    Settings {
        completeness,
        lifecycle: Some(lifecycle),
        custom_fields: CustomFields { customer: declared, ..CustomFields::none() },
        rhythm: ContactRhythm(vec![RhythmRule { when, days: u32::MAX }]),
        leads: LeadRules { disqualify_reasons: vec![make.unique(), make.unique()] },
        ..rules
    }
}
