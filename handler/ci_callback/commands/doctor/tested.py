"""Versions that this release was tested with; a test compares them with requirements.txt and ci.yml."""

# The oldest and the newest Python.
PYTHONS = ((3, 10), (3, 13))

# The distributions of the layer.
LIBRARIES = {
    "annotated-types": "0.8.0",
    "certifi": "2026.10.18",
    "charset-normalizer": "3.5.2",
    "cos-python-sdk-v5": "1.9.44",
    "crcmod": "1.7",
    "defusedxml": "0.7.1",
    "idna": "3.20",
    "pydantic": "2.14.3",
    "pydantic-core": "2.50.4",
    "requests": "2.34.2",
    "six": "1.17.0",
    "standardwebhooks": "1.1.0",
    "tencentcloud-sdk-python-common": "3.1.195",
    "typing-extensions": "4.16.0",
    "typing-inspection": "0.4.5",
    "urllib3": "2.8.0",
    "xmltodict": "1.0.4",
}
