"""FITS files: headers, dates, completeness, planes, previews."""
