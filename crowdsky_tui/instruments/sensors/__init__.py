"""Sky quality meters, cloud sensors, weather stations and GPS receivers."""
