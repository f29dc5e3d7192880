"""Day-ahead peers with Debian's python3-xgboost and python3-sklearn: gradient-boosted trees as one would write them.

    /usr/bin/python3 bench/forecast/peers.py FOLDER

FOLDER holds `hours.csv` (building, time in ms, local day, local hour, weekday, value, truth, temperature), as the
benchmark writes it for all models alike, and `windows.csv` (building, issue in ms, local day, cutoff day). Writes
`predictions.csv`: model, building, issue_time, target_time, q10 ... q90, truth.

Each model knows what is known at the issue, local midnight: lags of the same local hour (1 to 7, 14, 21, 28 days), the
neighbouring hours of yesterday and a week ago, means of seven days and of four weeks at that hour, the last hours and
days, the calendar, and the temperature up to the issue. Parameters are chosen on the last fifth of the training days;
then the model is fitted to all of them. One thread.

Quantiles: `hgb-quantile-*` are nine models with quantile loss. XGBoost 1.7 has no such loss, so for it, and for the
least-squares models of scikit-learn, they are the quantiles of the errors on those held-back days, by working day or
not and by three hours of the day. The middle one is the point forecast.
"""
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
import json
import sys
import time

import numpy as np
import pandas as pd
import xgboost
from sklearn.ensemble import HistGradientBoostingRegressor

LEVELS = np.arange(1, 10) / 10
LAG_DAYS = [1, 2, 3, 4, 5, 6, 7, 14, 21, 28]
HELD_BACK = 0.2
#: What a tree predicts: the value, or how far it lies from the mean of seven days at that hour.
TARGETS = ("level", "difference")


class Building:
    """One building as a matrix of local days and hours, and the features of every hour."""

    def __init__(self, name, hours, windows):
        self.name = name
        self.first_day = int(hours.local_day.min())
        days = int(hours.local_day.max()) - self.first_day + 1
        at = (hours.local_day - self.first_day).to_numpy(), hours.local_hour.to_numpy()
        self.value = grid(days, at, hours.value)
        self.temperature = grid(days, at, hours.temperature)
        self.weekday = np.zeros(days, dtype=int)
        self.weekday[at[0]] = hours.weekday.to_numpy()
        self.cutoff = int(windows.cutoff_day.iloc[0]) - self.first_day
        self.scale = float(np.nanmean(self.value[: self.cutoff])) or 1.0
        self.windows = windows
        self.hours = hours
        self.features, self.base = self.make_features(days)

    def make_features(self, days):
        y, t = self.value / self.scale, self.temperature
        lag = {days_ago: shifted(y, days_ago) for days_ago in LAG_DAYS}
        yesterday, week_ago = lag[1], lag[7]
        with np.errstate(all="ignore"):
            seven = nanmean([lag[k] for k in range(1, 8)])
            four = nanmean([lag[k] for k in (7, 14, 21, 28)])
            day_mean = nanmean([yesterday[:, h] for h in range(24)])
        week_mean = nanmean([shifted(day_mean[:, None], k)[:, 0] for k in range(7)])
        t_yesterday = shifted(t, 1)
        t_mean = nanmean([t_yesterday[:, h] for h in range(24)])
        t_week = shifted(t_mean[:, None], 6)[:, 0]
        hour = np.tile(np.arange(24.0), (days, 1))
        of_year = 2 * np.pi * ((self.first_day + np.arange(days)) % 365.25) / 365.25
        columns = [lag[k] for k in LAG_DAYS]
        columns += [np.roll(yesterday, 1, 1), np.roll(yesterday, -1, 1), np.roll(week_ago, 1, 1), np.roll(week_ago, -1, 1)]
        columns += [seven, four, hour, t_yesterday]
        per_day = [yesterday[:, 23], yesterday[:, 22], yesterday[:, 21], day_mean, week_mean]
        per_day += [self.weekday, self.weekday > 5, np.sin(of_year), np.cos(of_year)]
        per_day += [t_mean, t_yesterday[:, 23], t_mean - t_week]
        columns += [np.repeat(np.asarray(column, float)[:, None], 24, 1) for column in per_day]
        # Where nothing is known of seven days, the mean of the training part.
        return np.stack(columns, -1), np.where(np.isnan(seven), 1.0, seven)

    def rows(self, from_day, to_day):
        """Features, base and scaled truth of the measured hours of [from_day, to_day) with a past."""
        y = self.value[from_day:to_day] / self.scale
        x, base = self.features[from_day:to_day], self.base[from_day:to_day]
        usable = ~np.isnan(y) & ~np.isnan(x[..., :7]).all(-1)
        hour = np.tile(np.arange(24), (len(y), 1))
        working = np.repeat((self.weekday[from_day:to_day] <= 5)[:, None], 24, 1)
        return x[usable], base[usable], y[usable], groups(working, hour)[usable]


def grid(days, at, values):
    sums, counts = np.zeros((days, 24)), np.zeros((days, 24))
    known = ~np.isnan(values.to_numpy())
    np.add.at(sums, (at[0][known], at[1][known]), values.to_numpy()[known])
    np.add.at(counts, (at[0][known], at[1][known]), 1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def shifted(matrix, days):
    out = np.full_like(matrix, np.nan, dtype=float)
    if days == 0:
        return matrix.astype(float)
    out[days:] = matrix[:-days]
    return out


def nanmean(parts):
    stack = np.stack(parts)
    known = ~np.isnan(stack)
    return np.where(known.any(0), np.nansum(stack, 0) / np.maximum(known.sum(0), 1), np.nan)


def groups(working, hour):
    return np.where(working, 0, 8) + hour // 3


class XgBoost:
    grid = [{"max_depth": 4}, {"max_depth": 7}]

    def __init__(self, parameters, rounds=300, **_):
        self.model = xgboost.XGBRegressor(
            n_estimators=rounds, learning_rate=0.1, subsample=0.8, colsample_bytree=0.8, min_child_weight=5,
            tree_method="hist", n_jobs=1, random_state=1, **parameters,
        )

    def fit_until_best(self, x, y, held_x, held_y):
        self.model.set_params(early_stopping_rounds=20)
        self.model.fit(x, y, eval_set=[(held_x, held_y)], verbose=False)
        return self.model.best_iteration + 1

    def fit(self, x, y):
        self.model.fit(x, y, verbose=False)
        return self

    def predict(self, x):
        return self.model.predict(x)


class HistGradientBoosting:
    grid = [{"max_leaf_nodes": 15}, {"max_leaf_nodes": 31}]

    def __init__(self, parameters, rounds=200, **loss):
        self.model = HistGradientBoostingRegressor(
            max_iter=rounds, learning_rate=0.1, min_samples_leaf=20, l2_regularization=1.0, early_stopping=False,
            random_state=1, **parameters, **loss,
        )

    def fit_until_best(self, x, y, held_x, held_y):
        self.model.fit(x, y)
        errors = [np.mean((held_y - guess) ** 2) for guess in self.model.staged_predict(held_x)]
        self.best = int(np.argmin(errors)) + 1
        return self.best

    def fit(self, x, y):
        self.model.fit(x, y)
        return self

    def predict(self, x):
        best = getattr(self, "best", None)
        if best is None:
            return self.model.predict(x)
        for index, guess in enumerate(self.model.staged_predict(x)):
            if index + 1 == best:
                return guess


def together(buildings, part):
    """Rows of several buildings: `part` gives the days of each."""
    return [np.concatenate(arrays) for arrays in zip(*(building.rows(*part(building)) for building in buildings))]


def first_days(building):
    return 28 if building.cutoff > 60 else 7


def split_day(building):
    return building.cutoff - max(1, int(HELD_BACK * (building.cutoff - first_days(building))))


def target_of(kind, y, base):
    return y if kind == "level" else y - base


def tune(family, buildings):
    """The best parameters on the held-back days, how many rounds, and the errors there by group."""
    x, base, y, _ = together(buildings, lambda b: (first_days(b), split_day(b)))
    held_x, held_base, held_y, held_groups = together(buildings, lambda b: (split_day(b), b.cutoff))
    best = None
    for kind in TARGETS:
        for parameters in family.grid:
            model = family(parameters)
            rounds = model.fit_until_best(x, target_of(kind, y, base), held_x, target_of(kind, held_y, held_base))
            guess = model.predict(held_x) + (0 if kind == "level" else held_base)
            error = float(np.mean((held_y - guess) ** 2))
            if best is None or error < best["error"]:
                offsets = offsets_of(held_y - guess, held_groups)
                best = dict(error=error, kind=kind, parameters=parameters, rounds=rounds, offsets=offsets)
    return best


def offsets_of(errors, of_group):
    overall = np.quantile(errors, LEVELS)
    offsets = np.tile(overall, (16, 1))
    for group in range(16):
        own = errors[of_group == group]
        if len(own) >= 30:
            offsets[group] = np.quantile(own, LEVELS)
    offsets[:, 4] = 0
    return offsets


def issue(building, predict):
    """Quantiles of every window of a building, `[windows x 24 x 9]`, by local hour, in its unit."""
    days = building.windows.local_day.to_numpy() - building.first_day
    x = building.features[days].reshape(-1, building.features.shape[-1])
    base = building.base[days].reshape(-1)
    working = np.repeat(building.weekday[days] <= 5, 24)
    quantiles = predict(x, base, groups(working, np.tile(np.arange(24), len(days))))
    quantiles = np.sort(np.maximum(quantiles, 0) * building.scale, axis=1)
    return quantiles.reshape(len(days), 24, 9)


def least_squares(family, buildings):
    best = tune(family, buildings)
    x, base, y, _ = together(buildings, lambda b: (first_days(b), b.cutoff))
    model = family(best["parameters"], rounds=best["rounds"]).fit(x, target_of(best["kind"], y, base))

    def predict(x, base, of_group):
        point = model.predict(x) + (0 if best["kind"] == "level" else base)
        return point[:, None] + best["offsets"][of_group]

    return predict, {key: best[key] for key in ("kind", "parameters", "rounds")}


def quantile_loss(family, buildings, rounds=80):
    """Nine models of the differences to the mean of seven days; rounds and leaves are fixed, for each is nine fits."""
    x, base, y, _ = together(buildings, lambda b: (first_days(b), b.cutoff))
    models = [
        HistGradientBoosting({"max_leaf_nodes": 15}, rounds=rounds, loss="quantile", quantile=level).fit(x, y - base)
        for level in LEVELS
    ]
    return lambda x, base, _: np.stack([model.predict(x) + base for model in models], -1), {"rounds": rounds}


PEERS = {
    "xgboost-building": (least_squares, XgBoost, False),
    "xgboost-global": (least_squares, XgBoost, True),
    "hgb-building": (least_squares, HistGradientBoosting, False),
    "hgb-global": (least_squares, HistGradientBoosting, True),
    "hgb-quantile-building": (quantile_loss, HistGradientBoosting, False),
    "hgb-quantile-global": (quantile_loss, HistGradientBoosting, True),
}


def read(folder):
    hours = pd.read_csv(f"{folder}/hours.csv")
    windows = pd.read_csv(f"{folder}/windows.csv")
    by_building = dict(tuple(windows.groupby("building", sort=False)))
    return [
        Building(name, own.reset_index(drop=True), by_building[name].reset_index(drop=True))
        for name, own in hours.groupby("building", sort=False)
        if name in by_building
    ]


def frame(model, building, quantiles):
    """The rows of the predictions file: the 24 hours from each issue, whatever local hours they are."""
    hours = building.hours
    start = int(hours.time_ms.iloc[0])
    at = ((building.windows.issue_ms - start) // 3_600_000).to_numpy()[:, None] + np.arange(24)
    inside = at < len(hours)
    at = np.minimum(at, len(hours) - 1)
    local_hour = hours.local_hour.to_numpy()[at]
    issue_ms = np.repeat(building.windows.issue_ms.to_numpy()[:, None], 24, 1)
    picked = np.take_along_axis(quantiles, local_hour[..., None].repeat(9, -1), 1)
    truth = np.where(inside, hours.truth.to_numpy()[at], np.nan)
    columns = {"model": model, "building": building.name, "issue_time": iso(issue_ms.ravel())}
    columns["target_time"] = iso((issue_ms + np.arange(24) * 3_600_000).ravel())
    for index, level in enumerate(LEVELS):
        columns[f"q{round(100 * level)}"] = picked[..., index].ravel()
    return pd.DataFrame({**columns, "truth": truth.ravel()})


def iso(milliseconds):
    return pd.to_datetime(milliseconds, unit="ms").strftime("%Y-%m-%dT%H:%M:%SZ")


def main(folder):
    buildings = read(folder)
    out = f"{folder}/predictions.csv"
    told = {}
    for name, (make, family, is_global) in PEERS.items():
        started = time.time()
        made = make(family, buildings) if is_global else None
        for building in buildings:
            predict, chosen = made or make(family, [building])
            rows = frame(name, building, issue(building, predict))
            rows.to_csv(out, mode="a", header=not os.path.exists(out), index=False, float_format="%.9g")
        told[name] = {"seconds": round(time.time() - started, 1), "last": chosen}
        print(f"{name}: {told[name]['seconds']} s", file=sys.stderr, flush=True)
    with open(f"{folder}/peers.json", "w") as file:
        json.dump(told, file)


if __name__ == "__main__":
    main(sys.argv[1])
