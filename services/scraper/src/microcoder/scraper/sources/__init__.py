"""Places that contests and problems come from, each a plug-in behind `microcoder.scraper.sources.port.Source`."""
