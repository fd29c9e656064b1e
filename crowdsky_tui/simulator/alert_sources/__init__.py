"""Sources of alerts, as one stand-in on loopback: AAVSO, TNS, ASAS-SN, VSX and VSP, with faults."""
