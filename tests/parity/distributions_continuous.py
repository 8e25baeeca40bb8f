"""Univariate continuous distributions with parameters and values: what test_distributions_continuous.py compares."""

from __future__ import annotations

from typing import Any

# Class name -> (parameters, values within the support). Lists of one class have one length, so that its programs are
# compiled once; the first parameters are given as numbers too.
CASES: dict[str, list[tuple[dict[str, Any], list[float]]]] = {
    "Normal": [
        ({"loc": [0.0, 1.5, -2.0], "scale": [1.0, 0.3, 4.0]}, [0.5, 1.0, -7.0]),
        ({"loc": [1e3, 0.0, -1e-3], "scale": [1e-2, 1e3, 1.0]}, [1e3, 0.0, 5.0]),
    ],
    "LogNormal": [
        ({"loc": [0.0, 1.5, -2.0], "scale": [1.0, 0.3, 0.7]}, [0.5, 1.0, 7.0]),
        ({"loc": [3.0, 0.1, -1e-3], "scale": [1e-2, 2.0, 1.0]}, [20.0, 1e-3, 5.0]),
    ],
    "HalfNormal": [
        ({"scale": [1.0, 0.3, 4.0]}, [0.5, 0.0, 7.0]),
        ({"scale": [1e-2, 1e3, 1.0]}, [1e-3, 9.0, 2.0]),
    ],
    "HalfCauchy": [
        ({"scale": [1.0, 0.3, 4.0]}, [0.5, 0.0, 7.0]),
        ({"scale": [1e-2, 1e3, 1.0]}, [1e-3, 9.0, 2.0]),
    ],
    "Cauchy": [
        ({"loc": [0.0, 1.5, -2.0], "scale": [1.0, 0.3, 4.0]}, [0.5, 1.0, -7.0]),
        ({"loc": [1e3, 0.0, -1e-3], "scale": [1e-2, 1e3, 1.0]}, [1e3, 0.0, 5.0]),
    ],
    "Laplace": [
        ({"loc": [0.0, 1.5, -2.0], "scale": [1.0, 0.3, 4.0]}, [0.5, 1.0, -7.0]),
        ({"loc": [1e3, 0.0, -1e-3], "scale": [1e-2, 1e3, 1.0]}, [1e3 + 1, 0.5, 5.0]),
    ],
    "Uniform": [
        ({"low": [0.0, -1.0, 2.0], "high": [1.0, 3.0, 2.5]}, [0.5, -1.0, 2.25]),
        ({"low": [-1e3, 1e-3, 0.0], "high": [1e3, 2e-3, 9.0]}, [10.0, 1.5e-3, 0.0]),
    ],
    "Exponential": [
        ({"rate": [1.0, 0.2, 30.0]}, [0.5, 0.0, 0.1]),
        ({"rate": [1e-3, 1e3, 2.0]}, [9.0, 1e-3, 2.0]),
    ],
    "Gamma": [
        ({"concentration": [1.0, 0.2, 30.0], "rate": [1.0, 2.0, 0.5]}, [0.5, 0.1, 50.0]),
        ({"concentration": [2.5, 0.9, 1e2], "rate": [0.1, 9.0, 1e2]}, [20.0, 0.3, 1.1]),
    ],
    "Chi2": [({"df": [1.0, 0.2, 30.0]}, [0.5, 0.1, 50.0]), ({"df": [5.5, 2.0, 1e2]}, [20.0, 0.3, 90.0])],
    "Beta": [
        ({"concentration1": [1.0, 0.2, 30.0], "concentration0": [1.0, 2.0, 0.5]}, [0.5, 0.1, 0.99]),
        ({"concentration1": [2.5, 0.9, 20.0], "concentration0": [3.5, 0.9, 12.0]}, [0.2, 0.3, 0.6]),
    ],
    "InverseGamma": [
        ({"concentration": [1.0, 0.2, 30.0], "rate": [1.0, 2.0, 0.5]}, [0.5, 0.1, 0.02]),
        ({"concentration": [2.5, 1.9, 9.0], "rate": [0.1, 9.0, 3.0]}, [0.1, 5.0, 0.3]),
    ],
    "StudentT": [
        ({"df": [1.0, 2.0, 30.0], "loc": [0.0, 1.0, -2.0], "scale": [1.0, 2.0, 0.5]}, [0.5, 0.1, -2.5]),
        ({"df": [2.5, 0.9, 9.0], "loc": [5.0, 0.0, 0.1], "scale": [0.1, 9.0, 3.0]}, [4.8, 5.0, 0.3]),
    ],
    "FisherSnedecor": [
        ({"df1": [1.0, 2.0, 30.0], "df2": [2.0, 5.0, 9.0]}, [0.5, 0.1, 1.2]),
        ({"df1": [2.5, 0.9, 9.0], "df2": [4.0, 4.5, 1.0]}, [1.0, 5.0, 0.3]),
    ],
    "Gumbel": [
        ({"loc": [0.0, 1.5, -2.0], "scale": [1.0, 0.3, 4.0]}, [0.5, 1.0, -7.0]),
        ({"loc": [5.0, 0.0, -1e-3], "scale": [1e-1, 1e2, 1.0]}, [5.1, 0.0, 5.0]),
    ],
    "Weibull": [
        ({"scale": [1.0, 0.2, 30.0], "concentration": [1.0, 2.0, 0.5]}, [0.5, 0.1, 50.0]),
        ({"scale": [2.5, 0.9, 1e2], "concentration": [1.5, 9.0, 1.1]}, [2.0, 0.8, 90.0]),
    ],
    "Pareto": [
        ({"scale": [1.0, 0.2, 30.0], "alpha": [1.0, 2.0, 0.5]}, [1.5, 0.3, 50.0]),
        ({"scale": [2.5, 0.9, 1e2], "alpha": [3.5, 9.0, 1.1]}, [2.6, 1.8, 110.0]),
    ],
    "Kumaraswamy": [
        ({"concentration1": [1.0, 0.2, 3.0], "concentration0": [1.0, 2.0, 0.5]}, [0.5, 0.1, 0.9]),
        ({"concentration1": [2.5, 0.9, 2.0], "concentration0": [3.5, 1.9, 5.0]}, [0.2, 0.3, 0.6]),
    ],
    "VonMises": [
        ({"loc": [0.0, 1.5, -2.0], "concentration": [1.0, 0.3, 4.0]}, [0.5, 1.0, -7.0]),
        ({"loc": [3.0, 0.0, -9.0], "concentration": [1e-3, 50.0, 3.75]}, [3.1, 0.1, 5.0]),
    ],
    "ContinuousBernoulli": [
        ({"probs": [0.1, 0.5, 0.9]}, [0.5, 0.0, 1.0]),
        ({"probs": [0.4999, 0.55, 0.999]}, [0.3, 0.7, 0.2]),
        ({"logits": [0.0, -3.0, 2.0]}, [0.5, 0.1, 0.9]),
    ],
    "GeneralizedPareto": [
        (
            {"loc": [0.0, 1.5, -2.0], "scale": [1.0, 0.3, 4.0], "concentration": [0.5, 0.0, -0.3]},
            [0.5, 1.6, 2.0],
        ),
        (
            {"loc": [1.0, 0.0, 0.1], "scale": [2.0, 0.5, 1.0], "concentration": [-1.0, 2.0, 0.9]},
            [1.5, 1.6, 3.0],
        ),
    ],
}

# Class name -> parameters that its constraints refuse.
REFUSED: dict[str, list[dict[str, Any]]] = {
    "Normal": [{"loc": [0.0, float("nan")], "scale": [1.0, 1.0]}, {"loc": 0.0, "scale": 0.0}],
    "LogNormal": [{"loc": 0.0, "scale": [-1.0, 1.0]}],
    "HalfNormal": [{"scale": [-1.0]}],
    "HalfCauchy": [{"scale": 0.0}],
    "Cauchy": [{"loc": 0.0, "scale": -1.0}],
    "Laplace": [{"loc": [0.0, 1.0], "scale": -1.0}],
    "Uniform": [{"low": [1.0, 0.0], "high": 0.5}, {"low": 1.0, "high": 1.0}],
    "Exponential": [{"rate": 0.0}],
    "Gamma": [{"concentration": [1.0, -1.0], "rate": 1.0}, {"concentration": 1.0, "rate": [0.0]}],
    "Chi2": [{"df": -2.0}],
    "Beta": [{"concentration1": [1.0, -1.0], "concentration0": 1.0}],
    "InverseGamma": [{"concentration": -1.0, "rate": 1.0}],
    "StudentT": [{"df": -1.0}, {"df": 1.0, "scale": [0.0, 1.0]}],
    "FisherSnedecor": [{"df1": 1.0, "df2": [0.0]}],
    "Gumbel": [{"loc": 0.0, "scale": [-1.0]}],
    "Weibull": [{"scale": 0.0, "concentration": [1.0]}, {"scale": 1.0, "concentration": [-1.0]}],
    "Pareto": [{"scale": [0.0], "alpha": 1.0}, {"scale": 1.0, "alpha": [-1.0]}],
    "Kumaraswamy": [{"concentration1": [0.0], "concentration0": 1.0}],
    "VonMises": [{"loc": [0.0], "concentration": [-1.0]}],
    "ContinuousBernoulli": [{"probs": [1.5]}, {"probs": 0.5, "logits": 0.0}, {}],
    "GeneralizedPareto": [{"loc": 0.0, "scale": [0.0], "concentration": 0.0}],
}

# Class name -> values that its support refuses, with the first parameters of its cases.
OUTSIDE: dict[str, list[float]] = {
    "Normal": [float("nan")] * 3,
    "LogNormal": [-1.0, 1.0, 1.0],
    "HalfNormal": [-1.0, 1.0, 1.0],
    "Uniform": [2.0, 0.0, 2.2],
    "Exponential": [-1.0, 1.0, 1.0],
    "Gamma": [-1.0, 1.0, 1.0],
    "Beta": [1.5, 0.5, 0.5],
    "FisherSnedecor": [0.0, 1.0, 1.0],
    "Weibull": [-1.0, 1.0, 1.0],
    "Pareto": [0.5, 1.0, 40.0],
    "Kumaraswamy": [1.5, 0.5, 0.5],
    "ContinuousBernoulli": [1.5, 0.5, 0.5],
    "GeneralizedPareto": [-1.0, 2.0, 0.0],
}
