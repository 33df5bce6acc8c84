#!/usr/bin/env python3
"""Does an export, read back by the csv source, say what the store says? Prints the number of orders and of values that
differ.      same_values.py imei_orders.db back.csv"""
import csv
import sqlite3
import sys
from decimal import Decimal

FIELDS = {"imei": "imei", "service_name": "SERVICE", "status": "status", "imei2": "imei2", "carrier": "carrier",
          "simlock": "simlock", "model": "model", "fmi": "fmi", "order_date": "order_date"}
store = sqlite3.connect(sys.argv[1])
store.row_factory = sqlite3.Row
orders = {row["imei"]: row for row in store.execute("select * from orders")}
seen, differ = 0, 0
for row in csv.DictReader(open(sys.argv[2], encoding="utf-8", newline="")):
    order = orders[row["imei"]]
    seen += 1
    for field, column in FIELDS.items():
        differ += row[column] != (order[field] or "")
    differ += Decimal(row["credits"].lstrip("$")) != Decimal(order["credits"])  # a spreadsheet takes the sign away
    differ += row["CODE"] != (order["result_code_display"] or "").replace("\n", " - ")
print(seen, differ)
