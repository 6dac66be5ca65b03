"""The site's page types, and its own image and document models."""

from cms.models.base import BasePage
from cms.models.campaign import CampaignPage
from cms.models.home import HomePage
from cms.models.information import InformationPage
from cms.models.media import CustomDocument, CustomImage, CustomRendition

__all__ = [
    "BasePage",
    "CampaignPage",
    "CustomDocument",
    "CustomImage",
    "CustomRendition",
    "HomePage",
    "InformationPage",
]
