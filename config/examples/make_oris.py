#!/usr/bin/env python3
"""Prints the example oris.csv: 18,000 made-up ORIs (and a few more rows, where one ORI has two dated ones).

EXAMPLE ONLY. No public list says which ORIs ICE, HSI or CBP use; every ORI here is made up and its name says so, but for
VTICE0900 and VTINS07S0, which are ICE's national center and its form before 2003. The output depends on nothing but this
file: `python3 make_oris.py > oris.csv`; a test compares the two.
"""
import hashlib

ORIS = 18_000
HEADER = "ori,agency,name,type,status,line,state,valid_from,valid_to,tags"

# Jurisdictions with a rough weight: about how many agencies there are for each other one.
WEIGHTS = {
    "AK": 3, "AL": 18, "AR": 15, "AS": 1, "AZ": 12, "CA": 40, "CO": 14, "CT": 10, "DC": 2, "DE": 3, "FL": 30, "GA": 34,
    "GU": 1, "HI": 2, "IA": 18, "ID": 7, "IL": 44, "IN": 25, "KS": 18, "KY": 18, "LA": 18, "MA": 20, "MD": 12, "ME": 8,
    "MI": 30, "MN": 22, "MO": 30, "MP": 1, "MS": 15, "MT": 6, "NC": 26, "ND": 6, "NE": 12, "NH": 11, "NJ": 28, "NM": 8,
    "NV": 5, "NY": 34, "OH": 42, "OK": 20, "OR": 11, "PA": 54, "PR": 2, "RI": 3, "SC": 15, "SD": 8, "TN": 20, "TX": 80,
    "UT": 8, "VA": 18, "VI": 1, "VT": 4, "WA": 14, "WI": 28, "WV": 12, "WY": 4,
}
LOCAL_TYPES = (("PD", "Police Department", 70), ("SO", "Sheriff's Office", 22), ("SA", "State Agency", 8))

# (agency, mnemonic in the ORI, kind of office, how many, type, line)
FEDERAL = (
    ("ice", "ICE", "field office", 60, "FE", "AX"), ("ero", "ERO", "removal office", 90, "FE", "AX"),
    ("hsi", "HSI", "investigations office", 220, "FE", ""), ("cbp", "CBP", "port office", 40, "FE", ""),
    ("ofo", "OFO", "port of entry", 160, "FE", ""), ("usbp", "UBP", "sector station", 120, "FE", ""),
    ("amo", "AMO", "air branch", 30, "FE", ""), ("uscis", "CIS", "field office", 60, "JF", ""),
    ("tsa", "TSA", "airport office", 60, "FE", ""), ("uscg", "UCG", "station", 80, "FE", ""),
    ("usss", "USS", "field office", 60, "FE", ""), ("fps", "FPS", "region", 25, "FE", ""),
    ("fbi", "FBI", "field office", 180, "FE", "FB"), ("dea", "DEA", "division", 120, "FE", ""),
    ("atf", "ATF", "field division", 100, "FE", ""), ("usms", "UMS", "district", 95, "FE", ""),
    ("bop", "BOP", "institution", 60, "FE", ""), ("irs_ci", "IRS", "field office", 40, "FE", ""),
    ("nps", "NPS", "park", 60, "FE", ""), ("blm", "BLM", "district", 20, "FE", ""), ("fws", "FWS", "refuge", 25, "FE", ""),
    ("bia", "BIA", "agency", 30, "FE", ""), ("ncis", "NCI", "office", 30, "FE", ""), ("army_cid", "CID", "office", 30, "FE", ""),
    ("afosi", "OSI", "detachment", 25, "FE", ""), ("dss", "DSS", "office", 25, "FE", ""),
    ("forest_service", "USF", "forest", 25, "FE", ""), ("va_police", "VAP", "hospital", 40, "FE", ""),
    ("uspis", "PIS", "division", 20, "FE", ""), ("ssa_oig", "SSA", "office", 20, "JF", ""),
)
FEDERAL_TWO_LETTERS = "AZ CA CO DC FL GA IL MA MD MI MN NJ NM NY OR PA TX VA VT WA".split()


def number(*parts):
    """A number that depends on the parts only (Python's random may differ between versions)."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8], "big")


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def row(ori, agency="", name="", kind="", status="active", line="", state="", valid_from="", valid_to="", tags=""):
    return ",".join(map(quoted, (ori, agency, name, kind, status, line, state, valid_from, valid_to, tags)))


def special():
    """One row, or two, for each thing that a row can say."""
    yield row("VTICE0900", "ice", "ICE national center", "FE", line="AX", state="VT", valid_from="2003-03-01")
    yield row("VTINS07S0", "ins", "INS national center, the form before 2003", "FE", state="VT", valid_to="2003-03-01")
    yield row("TXCUS0001", "customs", "Customs office (made up)", "FE", state="TX", valid_to="2003-03-01")
    yield row("TXCUS0001", "cbp", "The same office under CBP (made up)", "FE", state="TX", valid_from="2003-03-01")
    yield row("DCTECS001", "", "TECS shared platform (made up)", "FE", line="TC", state="DC", tags="shared;tecs")
    yield row("DCTECS002", "", "TECS shared platform, second (made up)", "FE", line="TC", state="DC", tags="shared")
    yield row("DCFED0001", "", "Federal office that nobody has classified (made up)", "FE", state="DC")
    yield row("DCFED0002", "", "Federal office, not law enforcement (made up)", "JF", state="DC")
    yield row("ILUNC0001", "", "Agency that nobody has classified (made up)", "LE", state="IL")
    yield row("ILUNC0002", "", "Agency that nobody has classified, second (made up)", "LE", state="IL")
    yield row("TXHSIOLD0", "hsi", "HSI office, closed (made up)", "FE", state="TX", valid_to="2024-07-01")
    yield row("CAICEOLD0", "ice", "ICE office, inactive (made up)", "FE", "inactive", "AX", "CA")
    yield row("AZUBPNEW0", "usbp", "Border Patrol station, opens later (made up)", "FE", state="AZ", valid_from="2030-01-01")
    yield row("MNUBPTMP0", "usbp", "Border Patrol detail (made up)", "FE", state="MN", valid_from="2025-03-01", valid_to="2025-09-01")


def federal():
    for agency, mnemonic, kind, count, type_, line in FEDERAL:
        for n in range(1, count + 1):
            state = FEDERAL_TWO_LETTERS[number("federal", agency, n) % len(FEDERAL_TWO_LETTERS)]
            yield row(f"{state}{mnemonic}{n:04}", agency, f"{agency.upper()} {kind} {n} (made up)", type_, line=line, state=state)


def local_row(state, n):
    prefix = "NB" if state == "NE" else state                       # Nebraska's ORIs begin with NB
    pick = number("local", state, n) % 100
    for type_, name, share in LOCAL_TYPES:
        if pick < share:
            break
        pick -= share
    status = "inactive" if number("status", state, n) % 100 == 0 else "active"
    tags = "287g" if number("287g", state, n) % 25 == 0 else ""
    name = f"{name}, {state} {n} (made up)"
    return row(f"{prefix}{n:05}00", f"local_{state}", name, type_, status, state, state, tags=tags)


def local(count):
    total = sum(WEIGHTS.values())
    share = {state: count * weight // total for state, weight in WEIGHTS.items()}
    share["TX"] += count - sum(share.values())                      # what the rounding left over
    for state in sorted(share):
        for n in range(1, share[state] + 1):
            yield local_row(state, n)


def main():
    fixed = [*special(), *federal()]
    distinct = len({line.split(",", 1)[0] for line in fixed})
    for line in (HEADER, *fixed, *local(ORIS - distinct)):
        print(line)


if __name__ == "__main__":
    main()
