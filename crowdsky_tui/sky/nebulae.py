"""Sharpless, Barnard and Abell objects, of which OpenNGC has few.

Positions are J2000, rounded to an arc minute (a Seestar's field is 0.7° wide), after Sharpless
(1959, VizieR VII/20), Barnard (1927, VII/220A), Abell (1966) and Abell, Corwin and Olowin (1989,
VII/110A); a test finds each in its constellation. A name of another catalogue stands where it is
the same object.
"""

import re

SHARPLESS = {
    6: "NGC 6302", 8: "NGC 6334", 11: "NGC 6357", 25: "NGC 6523", 30: "NGC 6514", 45: "NGC 6618",
    49: "NGC 6611", 68: "18 25.2 +00 51 Ser", 71: "19 02.0 +02 10 Aql", 80: "19 11.5 +16 52 Sge",
    82: "19 30.3 +18 17 Sge", 86: "NGC 6820", 88: "19 46.0 +25 21 Vul", 91: "19 35.6 +29 36 Cyg",
    101: "20 00.0 +35 17 Cyg", 104: "20 17.8 +36 45 Cyg", 105: "NGC 6888",
    106: "20 27.5 +37 24 Cyg", 108: "IC 1318", 112: "20 33.8 +45 40 Cyg",
    115: "20 34.6 +46 53 Cyg", 117: "NGC 7000", 119: "21 18.4 +43 56 Cyg", 125: "IC 5146",
    129: "21 11.7 +59 58 Cep", 131: "IC 1396", 132: "22 18.8 +56 08 Cep",
    136: "21 16.5 +68 15 Cep", 140: "22 19.1 +63 17 Cep", 142: "NGC 7380", 155: "C 9",
    157: "23 16.1 +60 03 Cas", 158: "NGC 7538", 162: "NGC 7635", 168: "23 53.1 +60 28 Cas",
    170: "00 01.7 +64 37 Cas", 171: "NGC 7822", 174: "23 46.8 +80 56 Cep", 184: "NGC 281",
    188: "01 30.7 +58 22 Cas", 190: "IC 1805", 199: "IC 1848", 200: "03 10.7 +62 49 Cas",
    205: "03 56.1 +53 12 Cam", 206: "NGC 1491", 212: "NGC 1624", 216: "04 44.9 +46 49 Per",
    217: "04 58.8 +48 00 Aur", 220: "NGC 1499", 224: "05 27.3 +42 58 Aur", 229: "IC 405",
    232: "05 42.4 +36 12 Aur", 234: "IC 417", 235: "05 41.0 +35 51 Aur", 236: "IC 410",
    237: "NGC 1931", 238: "NGC 1555", 240: "05 41.0 +28 06 Tau", 244: "NGC 1952", 248: "IC 443",
    252: "NGC 2174", 255: "06 13.1 +17 59 Ori", 261: "06 09.0 +15 48 Ori",
    264: "05 35.2 +09 56 Ori", 273: "NGC 2264", 274: "07 29.1 +13 16 Gem", 275: "NGC 2237",
    276: "05 27.5 -03 58 Ori", 277: "NGC 2024", 279: "NGC 1977", 280: "06 34.3 +02 32 Mon",
    281: "NGC 1976", 284: "06 45.0 +00 14 Mon", 290: "08 54.2 +08 55 Cnc", 296: "IC 2177",
    297: "07 05.3 -12 20 CMa", 298: "NGC 2359", 302: "07 31.7 -16 59 Pup",
    308: "06 54.2 -23 57 CMa", 311: "NGC 2467", 313: "12 53.5 -22 52 Hya",
}  # fmt: skip
BARNARD = {
    5: "03 47.9 +32 53 Per", 30: "05 30.3 +12 46 Ori", 33: "05 40.9 -02 27 Ori",
    35: "05 45.5 +09 03 Ori", 59: "17 11.4 -27 29 Oph", 68: "17 22.6 -23 47 Oph",
    72: "17 23.6 -23 37 Oph", 77: "17 28.0 -23 51 Oph", 78: "17 32.0 -25 35 Oph",
    86: "18 03.0 -27 52 Sgr", 92: "18 15.6 -18 13 Sgr", 93: "18 16.9 -18 03 Sgr",
    104: "18 47.3 -04 32 Sct", 133: "19 06.2 -06 53 Aql", 142: "19 39.7 +10 31 Aql",
    143: "19 41.4 +11 00 Aql", 150: "20 50.7 +60 18 Cep", 168: "21 53.3 +47 16 Cyg",
    343: "20 13.4 +40 16 Cyg", 352: "20 57.2 +45 53 Cyg",
}  # fmt: skip
PLANETARIES = {
    2: "00 45.6 +57 57 Cas", 4: "02 45.4 +42 33 Per", 6: "02 58.7 +64 30 Cas",
    7: "05 03.1 -15 36 Lep", 12: "06 02.3 +09 39 Ori", 13: "06 04.8 +03 57 Ori",
    21: "07 29.0 +13 15 Gem", 24: "07 51.6 +03 00 CMi", 28: "08 41.6 +58 13 UMa",
    30: "08 46.9 +17 53 Cnc", 31: "08 54.2 +08 54 Cnc", 33: "09 39.2 -02 48 Hya",
    34: "09 45.6 -13 10 Hya", 35: "12 53.6 -22 52 Hya", 36: "13 40.7 -19 53 Vir",
    39: "16 27.6 +27 55 Her", 43: "17 53.5 +10 37 Oph", 61: "19 19.2 +46 15 Cyg",
    62: "19 33.3 +10 37 Aql", 65: "19 46.6 -23 08 Sgr", 66: "19 57.5 -21 37 Sgr",
    70: "20 31.6 -07 05 Aql", 71: "20 32.4 +47 21 Cyg", 72: "20 50.0 +13 34 Del",
    74: "21 16.9 +24 09 Vul", 75: "NGC 7076", 78: "21 35.5 +31 42 Cyg", 79: "22 26.3 +54 50 Lac",
    80: "22 34.8 +52 26 Lac", 82: "23 45.8 +57 04 Cas", 84: "23 47.7 +51 24 Cas",
}  # fmt: skip
CLUSTERS = {
    194: "01 25.6 -01 30 Cet", 262: "01 52.8 +36 09 And", 347: "02 25.8 +41 52 And",
    370: "02 39.9 -01 35 Cet", 400: "02 57.6 +06 02 Cet", 426: "03 19.8 +41 31 Per",
    1060: "10 36.9 -27 32 Hya", 1367: "11 44.5 +19 50 Leo", 1656: "12 59.8 +27 59 Com",
    1689: "13 11.5 -01 20 Vir", 2029: "15 10.9 +05 45 Vir", 2065: "15 22.7 +27 43 CrB",
    2142: "15 58.3 +27 14 CrB", 2147: "16 02.3 +15 54 Her", 2151: "16 05.3 +17 45 Her",
    2199: "16 28.6 +39 33 Her", 2218: "16 35.9 +66 13 Dra", 3526: "12 48.8 -41 18 Cen",
}  # fmt: skip
CATALOGUES = (
    ("Sh2-", r"(?:sh\s*2|sharpless)\s*-?\s*(?:2-)?", SHARPLESS, "Sharpless 1959"),
    ("B ", r"(?:b|barnard)", BARNARD, "Barnard 1927"),
    ("Abell ", r"(?:a|abell|pn\s*a|aco)", PLANETARIES | CLUSTERS, "Abell"),
)
"""What names begin with, how they are typed, the objects, and who says so."""


def find_nebula(typed: str) -> tuple[str, str, str] | None:
    """Name, where it is or what else it is, and who says so; None if it is none of these."""
    for short, pattern, objects, source in CATALOGUES:
        match = re.fullmatch(rf"{pattern}\s*0*([1-9]\d{{0,3}})", typed, re.IGNORECASE)
        if match and (said := objects.get(int(match[1]))):
            return f"{short}{match[1]}", said, source
    return None


def nebula_names() -> tuple[str, ...]:
    """The names of all of these: `Sh2-101`, `B 33`, `Abell 39`."""
    return tuple(f"{short}{number}" for short, _, objects, _ in CATALOGUES for number in objects)


def is_typed_so(typed: str) -> bool:
    """Whether this is the name of such an object, known or not."""
    return any(
        re.fullmatch(rf"{pattern}\s*\d{{1,4}}", typed, re.IGNORECASE)
        for _, pattern, _, _ in CATALOGUES
    )
