"""FITS files: headers, dates, completeness, planes, previews, pictures and films."""
