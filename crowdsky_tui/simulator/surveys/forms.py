"""How the surveys write: their headers, their errors, their pages."""

ZTF_HEAD = (
    "oid,expid,hjd,mjd,mag,magerr,catflags,filtercode,ra,dec,chi,sharp,filefracday,field,ccdid,"
    "qid,limitmag,magzp,magzprms,clrcoeff,clrcounc,exptime,airmass,programid"
)
ATLAS_HEAD = "###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs"
GAIA_HEAD = (
    "source_id,transit_id,band,time,mag,flux,flux_error,flux_over_error,rejected_by_photometry,"
    "rejected_by_variability,other_flags,solution_id"
)
AAVSO_HEAD = "@@@".join(
    ("JD", "mag", "uncert", "fainterThan", "band", "by", "comments", "mtype", "val", "starName")
)
ERROR_VOTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="ERROR">UsageFault: Internal error (invalid TAP query)</INFO>
</RESOURCE></VOTABLE>"""
PAGE = "<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>"
