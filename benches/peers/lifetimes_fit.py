"""Fits BG/NBD and Pareto/NBD with the package lifetimes, beside the bench `lifetime`.

Reads frequency, recency and age (in weeks) of each customer from the file it is given, one a line. Each line on standard input
is a turn: the name of a model. Answers the milliseconds of the fit, the nanoseconds a customer's expected purchases within 52 weeks
take, and the parameters.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install "numpy<2" pandas scipy autograd dill lifetimes==0.11.3
    cargo bench -p crm-benches --bench lifetime -- --python /tmp/peers/bin/python
"""

import sys
import time
import warnings

import lifetimes
import numpy as np

MODELS = {"bg-nbd": lifetimes.BetaGeoFitter, "pareto-nbd": lifetimes.ParetoNBDFitter}


def main():
    warnings.simplefilter("ignore")
    frequency, recency, age = np.loadtxt(sys.argv[1], unpack=True)
    print(f"lifetimes {lifetimes.__version__}, numpy {np.__version__}", flush=True)
    for line in sys.stdin:
        model = MODELS[line.strip()]()
        start = time.perf_counter()
        model.fit(frequency, recency, age)
        fitted = (time.perf_counter() - start) * 1e3
        start = time.perf_counter()
        model.conditional_expected_number_of_purchases_up_to_time(52, frequency, recency, age)
        told = (time.perf_counter() - start) * 1e9 / len(frequency)
        print(fitted, told, *model.params_, flush=True)


main()
