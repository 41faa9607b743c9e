//! Samples of win models.

use rust_decimal::Decimal;

use crate::win_model::{
    Calibration, Evaluation, Feature, FieldWeights, Tally, ValueCount, WinFields, WinMethod,
    WinModel,
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

impl Sample for WinModel {
    fn sample(make: &mut Make) -> Held<Self> {
        Ok(Self {
            id: make.id(),
            pipeline_id: make.setting.pipeline.id,
            number: make.count().max(1),
            method: make.one_of(WinMethod::ALL),
            since: make.date(),
            as_of: make.date(),
            split: make.date(),
            won: make.count().max(1),
            lost: make.count().max(1),
            fields: fields(make)?,
            evaluation: evaluation(make),
            trained_at: make.time(),
            trained_by: make.name(),
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.trained_by);
    }
}

fn fields(make: &mut Make) -> Held<WinFields> {
    let fields = make.several(|make| {
        let mut values: Vec<_> = make.several(|make| {
            let value = make.opt(Make::name);
            let Tally { won, lost } = tally(make);
            ValueCount { value, won, lost }
        });
        values.sort_by(|a, b| a.value.cmp(&b.value));
        values.dedup_by(|a, b| a.value == b.value);
        let bands: Feature = "amount:1000 USD/5000.50 USD".parse()?;
        let all: Vec<_> = Feature::PLAIN.iter().cloned().chain([bands]).collect();
        Ok(FieldWeights {
            feature: make.one_of(&all),
            smoothing: make.opt(|make| make.percent() + Decimal::TWO),
            tells: make.percent(),
            values,
            left_out: tally(make).won,
        })
    });
    fields.into_iter().collect::<Held<_>>().map(WinFields)
}

fn evaluation(make: &mut Make) -> Evaluation {
    Evaluation {
        trained: tally(make),
        tested: tally(make),
        auc: make.percent(),
        brier: make.percent(),
        base_brier: make.percent(),
        calibration: make.several(|make| Calibration {
            lowest: make.percent(),
            highest: make.percent(),
            count: tally(make).won,
            predicted: make.percent(),
            observed: make.percent(),
        }),
    }
}

fn tally(make: &mut Make) -> Tally {
    let mut count = || u64::try_from(make.count()).unwrap_or_default();
    Tally { won: count(), lost: count() }
}
