"""Refits a forecast of one building from an export, with Debian's python3-pandas and python3-sklearn alone.

From the running city, by its API (a key of the role scientist: npx nadi keys add --role scientist --name notebook):

    python3 examples/python/refit.py --url http://127.0.0.1:8080 --token KEY --datastream library/energy

From a file that `npx nadi export library/energy --bucket 1h --parquet --output energy.parquet` wrote:

    python3 examples/python/refit.py --file energy.parquet

Prints one JSON document: the snapshot id (`npx nadi export --snapshot ID` gives exactly these data again), how many
hours were learned from, and the error on the last two weeks beside that of "the same hour a week before".

Debian 12 has no package that reads Parquet in Python. Where pandas finds none (pyarrow, fastparquet), the file is
turned into CSV by `npx nadi export --convert`, which needs no city.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

HELD_BACK_DAYS = 14
LAGS = [24, 48, 72, 96, 120, 144, 168, 336]


def from_city(url, token, datastream, covariates):
    """The export of a year as a table, with the name of exactly those data."""
    end = pd.Timestamp.utcnow().ceil("h")
    query = {
        "datastreams": datastream,
        "bucket": "1h",
        "from": (end - pd.Timedelta(days=366)).isoformat(),
        "to": end.isoformat(),
    }
    if covariates:
        query["covariates"] = ",".join(covariates)
    request = urllib.request.Request(
        f"{url}/v1/export?{urllib.parse.urlencode(query)}", headers={"authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        return pd.read_csv(answer), answer.headers["nadi-snapshot"]


def from_file(file):
    """A CSV or Parquet file of `nadi export`."""
    if not file.endswith(".parquet"):
        return pd.read_csv(file), None
    try:
        return pd.read_parquet(file), None
    except ImportError:
        with tempfile.TemporaryDirectory() as folder:
            csv = os.path.join(folder, "export.csv")
            told = subprocess.run(
                [*NADI, "export", "--convert", file, "--output", csv, "--json"], check=True, stdout=subprocess.PIPE
            )
            return pd.read_csv(csv), json.loads(told.stdout)["snapshot"]


NADI = os.environ.get("NADI_COMMAND", "npx nadi").split()


def hourly(table):
    """One value an hour in UTC: what was used, or how many were there; bad hours are missing."""
    value = table["mean"] if (table["kind"] == "instant").all() else table["sum"]
    is_bad = table["label"].notna() | (table["measured"] < 0.5)
    series = value.mask(is_bad)
    series.index = pd.to_datetime(table["start"], utc=True)
    return series.groupby(level=0).mean().asfreq("h")


def features(series, table):
    """What is known a day before each hour: lags of whole days, and the calendar that came with the export."""
    beside = table.set_index(pd.to_datetime(table["start"], utc=True))[["hour", "weekday", "holiday"]]
    beside = beside.groupby(level=0).first().astype(float).reindex(series.index)
    lags = {f"lag{hours}": series.shift(hours) for hours in LAGS}
    week = pd.concat([series.shift(24 * day) for day in range(1, 8)], axis=1).mean(axis=1)
    return pd.concat([pd.DataFrame(lags), week.rename("week"), beside], axis=1)


def refit(table):
    series = hourly(table)
    x = features(series, table)
    last = series.last_valid_index() - pd.Timedelta(days=HELD_BACK_DAYS)
    usable = series.notna() & x["lag168"].notna()
    train, test = usable & (series.index <= last), usable & (series.index > last)
    if train.sum() < 24 * 14 or test.sum() < 24:
        sys.exit(f"Too little data: {train.sum()} hours to learn from. Export at least five weeks.")
    model = HistGradientBoostingRegressor(max_iter=150, learning_rate=0.1, random_state=1)
    model.fit(x[train], series[train])

    def nrmse(guess):
        return float(100 * np.sqrt(np.mean((series[test] - guess) ** 2)) / series[test].mean())

    return {
        "hours": int(train.sum()),
        "heldBackHours": int(test.sum()),
        "labelledHours": int(table["label"].notna().sum()),
        "nrmse": round(nrmse(model.predict(x[test])), 3),
        "nrmseWeekBefore": round(nrmse(x["lag168"][test]), 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--token", default=os.environ.get("NADI_TOKEN"))
    parser.add_argument("--datastream", default="library/energy")
    parser.add_argument("--with", dest="covariates", action="append", default=[])
    parser.add_argument("--file")
    asked = parser.parse_args()
    if asked.file:
        table, snapshot = from_file(asked.file)
    else:
        table, snapshot = from_city(asked.url, asked.token, asked.datastream, asked.covariates)
    print(json.dumps({"snapshot": snapshot, **refit(table)}))
